namespace OrleansFlow.StreamJobs;

/// <summary>Which records of a join come without a match.</summary>
public enum JobJoin
{
    /// <summary>None.</summary>
    Inner = 0,

    /// <summary>Those of the left side; what the right one would give is null.</summary>
    Left = 1,

    /// <summary>Those of the right side; what the left one would give is null.</summary>
    Right = 2,

    /// <summary>Those of both sides.</summary>
    Full = 3,
}
