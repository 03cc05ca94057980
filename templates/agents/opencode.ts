// Written by `volon agents install`. It tells OpenCode where the work stands when a session begins and when it is
// compacted. It waits ten seconds at most, and where volon fails, hangs, says too much or is missing it says nothing.
import { execFile } from "node:child_process"

const LONGEST = 10_000
const LARGEST = 16_384

const hook = (event: string, session: string, cwd: string, more = {}) =>
  new Promise<string>((resolve) => {
    // What volon started may keep its output open when it is gone itself.
    const late = setTimeout(resolve, LONGEST, "")
    const said = (text: string) => {
      clearTimeout(late)
      resolve(text)
    }
    try {
      const words = ["hook", event, "--agent", "opencode"]
      const limits = { cwd, timeout: LONGEST, maxBuffer: LARGEST }
      const child = execFile("volon", words, limits, (error, stdout) => said(error ? "" : String(stdout).trim()))
      child.stdin?.on("error", () => {})
      child.stdin?.end(JSON.stringify({ session_id: session, cwd, ...more }))
    } catch {
      said("")
    }
  })

export const Volon = async ({ directory }: { directory: string }) => {
  // What was said when a session began goes with each of its requests, as those carry nothing along.
  const begun = new Map<string, Promise<string>>()
  const brief = (session: string, source: string) => {
    const said = hook("session-start", session, directory, { source })
    begun.set(session, said)
    return said
  }
  return {
    "experimental.chat.system.transform": async (input: any, output: any) => {
      const session = String(input?.sessionID ?? "")
      const said = await (begun.get(session) ?? brief(session, "startup"))
      if (said) output?.system?.push(said)
    },
    "experimental.session.compacting": async (input: any, output: any) => {
      const said = await hook("pre-compact", String(input?.sessionID ?? ""), directory)
      if (said) output?.context?.push(said)
    },
    event: async ({ event }: any) => {
      const session = String(event?.properties?.sessionID ?? event?.properties?.info?.id ?? "")
      if (event?.type === "session.compacted") await brief(session, "compact")
      if (event?.type === "session.deleted") {
        begun.delete(session)
        await hook("session-end", session, directory)
      }
    },
  }
}
