using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>A checked workflow without its code: names, edges and policies. This is what a run stores and decides by.</summary>
public sealed record CompiledWorkflow
{
    private bool[]?[]? _reach;
    private string? _hash;

    /// <summary>The workflow's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its version, from 1. A run ends on the version it began with.</summary>
    public required int Version { get; init; }

    /// <summary>Place of the first node.</summary>
    public required int Start { get; init; }

    /// <summary>The nodes, in the order in which they were declared.</summary>
    public required ImmutableArray<CompiledNode> Nodes { get; init; }

    /// <summary>Which output a run has.</summary>
    public OutputRule Output { get; init; }

    /// <summary>Names of the questions that can be asked about a run's context.</summary>
    public ImmutableArray<string> Queries { get; init; } = [];

    /// <summary>Names of the changes that can be sent to a run's context.</summary>
    public ImmutableArray<string> Updates { get; init; } = [];

    /// <summary>
    /// SHA-256 of the definition's JSON without queries and updates, in hexadecimal: the same on every machine, and another one after any change that can
    /// change the course of a run. Queries change nothing, and what an update changed is in the run's log: both may be added to a version that runs are on.
    /// </summary>
    [JsonIgnore]
    public string Hash => _hash ??= Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this with { Queries = [], Updates = [] })));

    /// <summary>The definition as UTF-8 JSON.</summary>
    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this);

    /// <summary>Reads a definition.</summary>
    /// <param name="utf8">What <see cref="ToUtf8"/> made.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>: it is no definition.</exception>
    public static CompiledWorkflow Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var workflow = JsonSerializer.Deserialize<CompiledWorkflow>(utf8) ?? throw new JsonException("The text is null.");
            return workflow.Version >= 1 && !workflow.Nodes.IsDefaultOrEmpty && workflow.Start >= 0 && workflow.Start < workflow.Nodes.Length
                && workflow.Nodes.All(node => !node.Edges.IsDefault && node.Edges.All(edge => edge.Target >= CompiledEdge.End && edge.Target < workflow.Nodes.Length))
                ? workflow
                : throw new JsonException("A version, a start or an edge is out of its range.");
        }
        catch (Exception error) when (error is JsonException or ArgumentException or NotSupportedException)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"It is no workflow definition: {error.Message}", error);
        }
    }

    /// <summary>Compares what the definitions say.</summary>
    /// <param name="other">Another definition.</param>
    public bool Equals(CompiledWorkflow? other) =>
        other is not null && Hash == other.Hash && Queries.AsSpan().SequenceEqual(other.Queries.AsSpan()) && Updates.AsSpan().SequenceEqual(other.Updates.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(Hash, StringComparison.Ordinal);

    /// <summary>Place of a node by its name; -1 where there is none.</summary>
    /// <param name="name">The name.</param>
    public int IndexOf(string name)
    {
        for (var index = 0; index < Nodes.Length; index++)
        {
            if (Nodes[index].Name == name)
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>True when an item at one node can lead to an item at the other, in one or more steps.</summary>
    /// <param name="from">Place of a node.</param>
    /// <param name="to">Place of a node.</param>
    public bool CanReach(int from, int to)
    {
        // Asked about few targets, the joins: each has its answers computed when it is asked about first. Two threads may both do it, to the same end.
        var reach = _reach ??= new bool[Nodes.Length][];
        return (reach[to] ??= Reaching(to))[from];
    }

    private bool[] Reaching(int to)
    {
        var sources = new List<int>?[Nodes.Length];
        for (var node = 0; node < Nodes.Length; node++)
        {
            foreach (var edge in Nodes[node].Edges)
            {
                if (edge.Target != CompiledEdge.End)
                {
                    (sources[edge.Target] ??= []).Add(node);
                }
            }
        }

        var reaching = new bool[Nodes.Length];
        var open = new Stack<int>([to]);
        while (open.TryPop(out var node))
        {
            foreach (var source in sources[node] ?? [])
            {
                if (!reaching[source])
                {
                    reaching[source] = true;
                    open.Push(source);
                }
            }
        }

        return reaching;
    }
}
