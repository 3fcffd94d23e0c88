using System.Collections.Immutable;

namespace OrleansFlow.Workflows.Runs;

/// <summary>What a run can be found by: names with texts.</summary>
public static class RunAttributes
{
    /// <summary>Most attributes of a run.</summary>
    public const int MaxCount = 32;

    /// <summary>Longest name, in characters.</summary>
    public const int MaxNameLength = 64;

    /// <summary>Longest value, in characters.</summary>
    public const int MaxValueLength = 256;

    /// <summary>No attribute.</summary>
    public static ImmutableSortedDictionary<string, string> None { get; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    internal static ImmutableSortedDictionary<string, string> With(
        this ImmutableSortedDictionary<string, string> attributes, ImmutableArray<KeyValuePair<string, string?>> changes)
    {
        foreach (var (name, value) in changes)
        {
            attributes = value is null ? attributes.Remove(name) : attributes.SetItem(name, value);
        }

        return attributes;
    }

    /// <summary>Why attributes cannot be set; null when they can.</summary>
    internal static string? Problem(ImmutableSortedDictionary<string, string> attributes, ImmutableArray<KeyValuePair<string, string?>> changes)
    {
        foreach (var (name, value) in changes)
        {
            if (name.Length is 0 or > MaxNameLength)
            {
                return $"'{name}' is no name of a search attribute: use 1 to {MaxNameLength} characters.";
            }

            if (value?.Length > MaxValueLength)
            {
                return $"Search attribute '{name}' has a value of {value.Length} characters; at most {MaxValueLength} are kept.";
            }
        }

        return changes.IsEmpty || attributes.With(changes).Count <= MaxCount ? null : $"A run has at most {MaxCount} search attributes.";
    }
}
