namespace OrleansFlow.Storage;

/// <summary>Which rows of a grain are read together.</summary>
/// <param name="Grain">Text of the grain's id.</param>
/// <param name="From">First name.</param>
/// <param name="Before">First name after them.</param>
/// <param name="Limit">Most rows.</param>
internal readonly record struct RowRange(string Grain, string From, string Before, int Limit)
{
    /// <summary>The range that holds one name and nothing else: U+0001 is the smallest character that a name can go on with.</summary>
    public static RowRange One(string grain, string name) => new(grain, name, name + '\u0001', 1) { IsOne = true };

    /// <summary>Whether <see cref="One"/> has made it.</summary>
    public bool IsOne { get; private init; }
}

/// <summary>One row as it was found.</summary>
/// <param name="Name">Name of the state.</param>
/// <param name="Version">The row's version; its etag.</param>
/// <param name="Payload">JSON.</param>
internal readonly record struct FoundRow(string Name, long Version, byte[] Payload);
