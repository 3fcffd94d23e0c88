namespace OrleansFlow.Workflows.Definitions;

/// <summary>When a join goes on.</summary>
public enum JoinKind
{
    /// <summary>When no other item of the run can still reach it.</summary>
    All = 0,

    /// <summary>With the first item; later ones are dropped.</summary>
    Any = 1,

    /// <summary>With a number of items; later ones are dropped.</summary>
    Count = 2,
}
