using System.Collections.Immutable;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>What may happen to the checkpoints of a job.</summary>
public abstract record CheckpointCommand
{
    private CheckpointCommand()
    {
    }

    /// <summary>A generation runs: its first checkpoint comes within one interval, at a time by chance. Open commits are replayed before it.</summary>
    public sealed record Begin : CheckpointCommand;

    /// <summary>A last one is wanted, after which subtasks end. It begins once the one under way is done.</summary>
    public sealed record TakeLast : CheckpointCommand;

    /// <summary>One is wanted now, or right after the one that is under way.</summary>
    public sealed record TakeNow : CheckpointCommand;

    /// <summary>All subtasks have ended by themselves; what they stored at their end is to be a checkpoint.</summary>
    public sealed record TakeFinal : CheckpointCommand;

    /// <summary>A subtask of an operator has stored its state.</summary>
    /// <param name="Subtask">Which one.</param>
    /// <param name="Epoch">In which checkpoint; 0: at its own end.</param>
    /// <param name="State">Its files.</param>
    /// <param name="NeedsCommit">Whether it waits for the commit.</param>
    public sealed record Store(OperatorSubtask Subtask, long Epoch, SubtaskState State, bool NeedsCommit) : CheckpointCommand;

    /// <summary>A subtask could not store its part of a checkpoint, which cannot be complete any more; the subtask goes on.</summary>
    /// <param name="Subtask">Which one.</param>
    /// <param name="Epoch">Of which checkpoint.</param>
    /// <param name="Reason">Why.</param>
    public sealed record Fail(SubtaskKey Subtask, long Epoch, string Reason) : CheckpointCommand;

    /// <summary>The store has answered about a manifest.</summary>
    /// <param name="Epoch">Of which checkpoint.</param>
    /// <param name="Outcome">What it said.</param>
    /// <param name="Manifest">Name of the stored object; empty unless it is kept.</param>
    /// <param name="Message">Why not; empty when it is kept.</param>
    public sealed record Publish(long Epoch, PublishOutcome Outcome, string Manifest, string Message) : CheckpointCommand;

    /// <summary>A subtask of a sink has committed.</summary>
    /// <param name="Subtask">Which one.</param>
    /// <param name="Epoch">What it has committed.</param>
    public sealed record Commit(OperatorSubtask Subtask, long Epoch) : CheckpointCommand;

    /// <summary>The store has noted that an epoch is committed.</summary>
    /// <param name="Epoch">Which one.</param>
    public sealed record Mark(long Epoch) : CheckpointCommand;

    /// <summary>Files were put together.</summary>
    /// <param name="OperatorId">Whose.</param>
    /// <param name="Tables">Its tables with the files that are to be used from now on; none when it failed.</param>
    public sealed record Compact(string OperatorId, ImmutableArray<TableState> Tables) : CheckpointCommand;

    /// <summary>Nothing of what is under way will come to an end.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Abandon(string Reason) : CheckpointCommand;

    /// <summary>The book was read from the store after its keeper was lost: what it may have missed is asked again or given up.</summary>
    public sealed record Reload : CheckpointCommand;

    /// <summary>Time has passed.</summary>
    /// <param name="MayStart">Whether a checkpoint that is due may begin.</param>
    public sealed record Tick(bool MayStart) : CheckpointCommand;
}

/// <summary>What a store says about a manifest that it was to keep.</summary>
public enum PublishOutcome
{
    /// <summary>It is kept, and the epoch is its own.</summary>
    Kept = 1,

    /// <summary>Nothing was kept.</summary>
    Refused = 2,

    /// <summary>A newer generation owns the job's checkpoints.</summary>
    StaleGeneration = 3,

    /// <summary>Nobody knows whether it was kept.</summary>
    Unknown = 4,
}
