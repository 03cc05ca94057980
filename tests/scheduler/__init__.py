"""The scheduler, its journal and its processes as one machine: everything real but the processes and the time."""
