namespace OrleansFlow.Workflows.Runs;

/// <summary>What a command came to.</summary>
public enum WorkflowAnswer
{
    /// <summary>There is nothing to take or to do now.</summary>
    Idle = 0,

    /// <summary>An item was leased.</summary>
    Taken = 1,

    /// <summary>It was done, and the run goes on.</summary>
    Stepped = 2,

    /// <summary>It was done, and with it the run ended, well or badly: see the state.</summary>
    Completed = 3,

    /// <summary>It was refused, and nothing changed.</summary>
    Refused = 4,

    /// <summary>It had been done before, and nothing changed: for its sender as good as done.</summary>
    Duplicate = 5,
}
