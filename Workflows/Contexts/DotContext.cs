using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>Which additions a set has seen, whether their items are still in it or not.</summary>
/// <remarks>
/// All of a writer's first n additions are one number; what a delta holds beyond them is kept singly until the gap closes.
/// Model: Almeida, Shoker and Baquero, "Delta state replicated data types", JPDC 111, 2018, section 7.2 (compact causal contexts).
/// </remarks>
public sealed class DotContext : IEquatable<DotContext>
{
    /// <summary>Restores a context from its JSON form.</summary>
    /// <param name="first">By writer, how many of its first additions were seen.</param>
    /// <param name="loose">What was seen beyond those.</param>
    [JsonConstructor]
    public DotContext(ImmutableSortedDictionary<string, long> first, ImmutableArray<Dot> loose)
        : this((first ?? throw new ArgumentNullException(nameof(first))).WithComparers(StringComparer.Ordinal), loose.IsDefault ? ImmutableSortedSet<Dot>.Empty : ImmutableSortedSet.CreateRange(loose))
    {
    }

    private DotContext(ImmutableSortedDictionary<string, long> first, ImmutableSortedSet<Dot> singles)
    {
        First = first;
        Singles = singles;
    }

    /// <summary>Nothing was seen.</summary>
    public static DotContext Empty { get; } = new(ImmutableSortedDictionary<string, long>.Empty, ImmutableArray<Dot>.Empty);

    /// <summary>By writer, how many of its first additions were seen.</summary>
    [JsonPropertyName("first")]
    public ImmutableSortedDictionary<string, long> First { get; }

    /// <summary>What was seen beyond those, in order.</summary>
    [JsonPropertyName("loose")]
    public ImmutableArray<Dot> Loose => [.. Singles];

    /// <summary>How many additions were seen.</summary>
    internal long Count
    {
        get
        {
            long count = Singles.Count;
            foreach (var (_, first) in First)
            {
                count += first;
            }

            return count;
        }
    }

    private ImmutableSortedSet<Dot> Singles { get; }

    /// <inheritdoc/>
    public bool Equals(DotContext? other) => other is not null && First.SequenceEqual(other.First) && Singles.SequenceEqual(other.Singles);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DotContext);

    /// <inheritdoc/>
    public override int GetHashCode() => Count.GetHashCode();

    internal bool Contains(Dot dot) => First.GetValueOrDefault(dot.Writer.Value) >= dot.Number || Singles.Contains(dot);

    /// <summary>The name of the writer's next addition.</summary>
    internal Dot Next(WriterId writer)
    {
        var last = First.GetValueOrDefault(writer.Value);
        foreach (var dot in Singles)
        {
            last = dot.Writer == writer ? Math.Max(last, dot.Number) : last;
        }

        return new(writer, last + 1);
    }

    internal DotContext Add(Dot dot) => Contains(dot) ? this : Settled(First, Singles.Add(dot));

    internal DotContext Union(DotContext other)
    {
        var first = First.ToBuilder();
        foreach (var (writer, count) in other.First)
        {
            first[writer] = Math.Max(count, first.GetValueOrDefault(writer));
        }

        return Settled(first.ToImmutable(), Singles.Union(other.Singles));
    }

    /// <summary>Every addition that was seen, one by one.</summary>
    internal IEnumerable<Dot> All() => Beyond(Empty);

    /// <summary>The additions that were seen here and not there.</summary>
    internal IEnumerable<Dot> Beyond(DotContext there)
    {
        foreach (var (writer, count) in First)
        {
            for (var number = there.First.GetValueOrDefault(writer) + 1; number <= count; number++)
            {
                var dot = new Dot(new WriterId(writer), number);
                if (!there.Singles.Contains(dot))
                {
                    yield return dot;
                }
            }
        }

        foreach (var dot in Singles)
        {
            if (!there.Contains(dot))
            {
                yield return dot;
            }
        }
    }

    /// <summary>Moves single additions that follow on a writer's first ones to those. They are in order, so one pass is enough.</summary>
    private static DotContext Settled(ImmutableSortedDictionary<string, long> first, ImmutableSortedSet<Dot> singles)
    {
        foreach (var dot in singles)
        {
            var seen = first.GetValueOrDefault(dot.Writer.Value);
            if (dot.Number <= seen + 1)
            {
                singles = singles.Remove(dot);
                first = dot.Number > seen ? first.SetItem(dot.Writer.Value, dot.Number) : first;
            }
        }

        return new(first, singles);
    }
}
