using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Client;

/// <summary>One thing that happened to a watched run, after it was committed. A closed set of cases.</summary>
public abstract record RunChange
{
    private RunChange()
    {
    }

    /// <summary>When the control plane decided it.</summary>
    public required DateTimeOffset AtUtc { get; init; }

    /// <summary>The whole run: always first, and again when the reader was too slow to get every change.</summary>
    /// <param name="Run">The run with its nodes and tasks.</param>
    public sealed record Snapshot(RunView Run) : RunChange;

    /// <summary>A task became ready, leased, or ended.</summary>
    /// <param name="Task">The task after the change.</param>
    /// <param name="Reason">Why, where it is not plain, for example <c>connection_lost</c>.</param>
    public sealed record TaskChanged(TaskView Task, string? Reason) : RunChange;

    /// <summary>An output batch was accepted.</summary>
    /// <param name="Lease">Task and epoch that made it.</param>
    /// <param name="Index">Its number within the task.</param>
    /// <param name="Rows">Rows.</param>
    /// <param name="Bytes">Size of its file in bytes.</param>
    /// <param name="Worker">Who made it.</param>
    public sealed record BatchAccepted(LeaseToken Lease, int Index, long Rows, long Bytes, WorkerId Worker) : RunChange;

    /// <summary>A node started or ended.</summary>
    /// <param name="NodeId">The node.</param>
    /// <param name="Status">Where it stands now.</param>
    public sealed record NodeChanged(string NodeId, RunStatus Status) : RunChange;

    /// <summary>The run started or ended.</summary>
    /// <param name="Status">Where it stands now.</param>
    /// <param name="Failure">Why it failed; null when it did not.</param>
    public sealed record StatusChanged(RunStatus Status, TaskFailure? Failure) : RunChange;

    /// <summary>A kind of change that only a newer client knows.</summary>
    public sealed record Unknown : RunChange;
}
