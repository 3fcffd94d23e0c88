namespace OrleansFlow.Graphs;

/// <summary>What an input adapter wants of its parents' batches.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.InputPull")]
public sealed record InputPull
{
    /// <summary>The parents; empty for all.</summary>
    [Id(0)]
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>Sequence of the last batch that is not wanted any more; 0: from the first on.</summary>
    [Id(1)]
    public long After { get; init; }

    /// <summary>True: the end of the parents does not end the reading, because they may run again.</summary>
    [Id(2)]
    public bool KeepOpen { get; init; }

    /// <summary>Which of <see cref="ShareCount"/> readers this is, from 0.</summary>
    [Id(3)]
    public int ShareIndex { get; init; }

    /// <summary>How many readers divide the batches; 0 or 1: this one gets all.</summary>
    [Id(4)]
    public int ShareCount { get; init; }
}
