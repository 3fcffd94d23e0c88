using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>What was decided about the checkpoints of a job.</summary>
/// <param name="Book">The book from now on.</param>
/// <param name="Orders">What is to be done, in this order.</param>
public sealed record CheckpointDecision(CheckpointBook Book, ImmutableArray<JobOrder> Orders)
{
    /// <summary>How a checkpoint has ended; <see cref="CheckpointOutcome.None"/> when none has.</summary>
    public CheckpointOutcome Outcome { get; init; }

    /// <summary>The one that has ended; null when none has.</summary>
    public CheckpointRun? Ended { get; init; }

    /// <summary>Why it did not end well; empty when it did.</summary>
    public string Message { get; init; } = "";
}

/// <summary>How a checkpoint ends.</summary>
public enum CheckpointOutcome
{
    /// <summary>None has ended.</summary>
    None = 0,

    /// <summary>It is stored, and committed where sinks wait.</summary>
    Completed = 1,

    /// <summary>It is given up; nothing of it counts. The next one comes with the next epoch.</summary>
    GivenUp = 2,

    /// <summary>It may or may not count, or its commits are open: only a restart from what the store says makes that clear.</summary>
    InDoubt = 3,

    /// <summary>It can never come right: the job fails.</summary>
    Fatal = 4,
}
