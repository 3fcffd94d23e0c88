namespace OrleansFlow.Workflows.History;

/// <summary>What a line of a run's history is about.</summary>
public enum WorkflowHistoryKind
{
    /// <summary>The run began.</summary>
    RunStarted = 1,

    /// <summary>A worker took an item.</summary>
    StepStarted = 2,

    /// <summary>A step was committed and is done.</summary>
    StepCompleted = 3,

    /// <summary>A step was committed, and its node runs again: after a signal, a time or child runs.</summary>
    StepWaits = 4,

    /// <summary>An attempt failed, and another follows.</summary>
    StepFailed = 5,

    /// <summary>The last attempt failed: the fallback takes over, or the run fails.</summary>
    StepGaveUp = 6,

    /// <summary>A lease ended without an outcome.</summary>
    LeaseLost = 7,

    /// <summary>A time came: of a retry, a sleep, a wait or a join.</summary>
    TimerFired = 8,

    /// <summary>A join went on with what had come.</summary>
    Joined = 9,

    /// <summary>A signal came.</summary>
    SignalReceived = 10,

    /// <summary>An update was asked for.</summary>
    UpdateRequested = 11,

    /// <summary>An update was answered.</summary>
    UpdateAnswered = 12,

    /// <summary>A child run was ordered.</summary>
    ChildOrdered = 13,

    /// <summary>A child run ended.</summary>
    ChildEnded = 14,

    /// <summary>Something owed to another run was done.</summary>
    OrderDelivered = 15,

    /// <summary>The context's deltas were folded into a snapshot.</summary>
    ContextFolded = 16,

    /// <summary>Search attributes were set from outside.</summary>
    Described = 17,

    /// <summary>The run was paused.</summary>
    RunPaused = 20,

    /// <summary>The paused run goes on.</summary>
    RunResumed = 21,

    /// <summary>The failed run goes on.</summary>
    RunReopened = 22,

    /// <summary>The run went back to an earlier step.</summary>
    RunReset = 23,

    /// <summary>The run began again under its id.</summary>
    RunContinued = 24,

    /// <summary>The run completed.</summary>
    RunCompleted = 25,

    /// <summary>The run failed.</summary>
    RunFailed = 26,

    /// <summary>The run was cancelled.</summary>
    RunCancelled = 27,

    /// <summary>The run moved to a newer version of its workflow.</summary>
    RunMigrated = 28,

    /// <summary>The run's parent ordered it again.</summary>
    RunAttached = 29,
}
