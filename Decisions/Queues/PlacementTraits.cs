using System.Collections.Immutable;
using System.Text;

namespace OrleansFlow.Decisions.Queues;

/// <summary>
/// What a task needs of a worker, or what a worker offers for one role: labels and a version of the role. Immutable; equal when its text is.
/// </summary>
/// <remarks>
/// The text is what travels and is stored: one <c>name=value</c> a line, by name, then <c>@version</c>. A name has no <c>=</c> and no
/// <c>@</c>, a value no line break, so nothing need be escaped.
/// </remarks>
public sealed class PlacementTraits : IEquatable<PlacementTraits>
{
    /// <summary>No labels and no version: needs that every worker meets.</summary>
    public static readonly PlacementTraits None = new([], null, "");

    private PlacementTraits(ImmutableArray<KeyValuePair<string, string>> labels, string? roleVersion, string text)
    {
        Labels = labels;
        RoleVersion = roleVersion;
        Text = text;
    }

    /// <summary>The labels, by name.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Labels { get; }

    /// <summary>The version of the role; null for any, or for none announced.</summary>
    public string? RoleVersion { get; }

    /// <summary>The one spelling; empty for <see cref="None"/>.</summary>
    public string Text { get; }

    /// <summary>Traits from their parts.</summary>
    public static PlacementTraits Of(IEnumerable<KeyValuePair<string, string>> labels, string? roleVersion)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var version = string.IsNullOrEmpty(roleVersion) ? null : roleVersion;
        if (version is null && labels is IReadOnlyCollection<KeyValuePair<string, string>> { Count: 0 })
        {
            return None;
        }

        ImmutableArray<KeyValuePair<string, string>> sorted = [.. labels.OrderBy(label => label.Key, StringComparer.Ordinal)];
        if (sorted.IsEmpty && version is null)
        {
            return None;
        }

        var text = new StringBuilder();
        foreach (var (name, value) in sorted)
        {
            text.Append(name).Append('=').Append(value).Append('\n');
        }

        text.Append(version is null ? "" : "@" + version);
        return new PlacementTraits(sorted, version, text.ToString().TrimEnd('\n'));
    }

    /// <summary>Traits from their text.</summary>
    /// <exception cref="FormatException">A line is neither a label nor a version.</exception>
    public static PlacementTraits Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return None;
        }

        var labels = new List<KeyValuePair<string, string>>();
        string? version = null;
        foreach (var line in text.Split('\n'))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (line.StartsWith('@'))
            {
                version = line[1..];
            }
            else if (equals > 0)
            {
                labels.Add(new(line[..equals], line[(equals + 1)..]));
            }
            else
            {
                throw new FormatException($"'{line}' is neither name=value nor @version.");
            }
        }

        return Of(labels, version);
    }

    /// <summary>Whether a worker with these traits can run a task with <paramref name="needs"/>: it has each label with that value, and that version.</summary>
    public bool Meets(PlacementTraits needs)
    {
        ArgumentNullException.ThrowIfNull(needs);
        if (needs.RoleVersion is { } version && !string.Equals(version, RoleVersion, StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var label in needs.Labels)
        {
            if (!Labels.Contains(label))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public bool Equals(PlacementTraits? other) => other is not null && string.Equals(Text, other.Text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PlacementTraits);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Text);

    /// <summary>For people: <c>gpu=true, zone=eu, version 2.1</c>; <c>anything</c> for <see cref="None"/>.</summary>
    public override string ToString() => this == None || Text.Length == 0
        ? "anything"
        : string.Join(", ", Labels.Select(label => $"{label.Key}={label.Value}").Concat(RoleVersion is null ? [] : [$"version {RoleVersion}"]));
}
