namespace OrleansFlow.Decisions.Variables;

/// <summary>The limits of run variables.</summary>
public static class VariableLimits
{
    /// <summary>Most paths that one operation writes or removes.</summary>
    public const int PathsMax = 256;

    /// <summary>Most names in a path that is set, merged or removed.</summary>
    public const int SegmentsMax = 14;

    /// <summary>Longest path, in characters, dots included.</summary>
    public const int PathCharsMax = 512;

    /// <summary>Longest name, in characters.</summary>
    public const int SegmentCharsMax = 128;

    /// <summary>Longest text, in bytes of UTF-8.</summary>
    public const int TextBytesMax = 65_536;

    /// <summary>All variables of a run together, in bytes of JSON.</summary>
    public const int TotalBytesMax = 1024 * 1024;
}
