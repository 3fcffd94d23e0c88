namespace OrleansFlow.Workflows.Definitions;

/// <summary>Which output a run has when several of its branches end with one.</summary>
public enum OutputRule
{
    /// <summary>The first that was committed.</summary>
    First = 0,

    /// <summary>The last that was committed.</summary>
    Last = 1,

    /// <summary>All, in the order in which they were committed.</summary>
    List = 2,
}
