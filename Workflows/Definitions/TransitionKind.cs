namespace OrleansFlow.Workflows.Definitions;

/// <summary>How a node wants its run to go on.</summary>
public enum TransitionKind
{
    /// <summary>With one output.</summary>
    Next = 1,

    /// <summary>With several outputs, in order.</summary>
    NextAll = 2,

    /// <summary>Not from here: the item is done, and nothing follows from it.</summary>
    Hold = 3,

    /// <summary>Not at all: as an exception, but without one.</summary>
    Abort = 4,

    /// <summary>When a signal comes: the node then runs again with it.</summary>
    WaitForSignal = 5,

    /// <summary>With one output, after a time.</summary>
    Sleep = 6,

    /// <summary>With one output, at a time.</summary>
    WaitUntil = 7,

    /// <summary>Later: the node then runs again with what it saved.</summary>
    Suspend = 8,

    /// <summary>With a run that begins again.</summary>
    ContinueAsNew = 9,
}
