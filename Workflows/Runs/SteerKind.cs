namespace OrleansFlow.Workflows.Runs;

/// <summary>How a run was steered from outside.</summary>
public enum SteerKind
{
    /// <summary>It hands out no more items.</summary>
    Pause = 1,

    /// <summary>It hands out items again.</summary>
    Unpause = 2,

    /// <summary>It was cancelled.</summary>
    Cancel = 3,

    /// <summary>It was ended as failed, for good.</summary>
    Terminate = 4,

    /// <summary>It had failed and goes on.</summary>
    Reopen = 5,
}
