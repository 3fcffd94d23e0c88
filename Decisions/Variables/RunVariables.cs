using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Decisions.Expressions;

namespace OrleansFlow.Decisions.Variables;

/// <summary>A run's variables: a tree of names with JSON values at its leaves. Immutable; changed by <see cref="VariableRules"/>.</summary>
public sealed class RunVariables : IExpressionScope
{
    /// <summary>No variables.</summary>
    public static readonly RunVariables Empty = new(ImmutableSortedDictionary.Create<string, VariableNode>(StringComparer.Ordinal));

    private readonly ImmutableSortedDictionary<string, VariableNode> _members;

    private RunVariables(ImmutableSortedDictionary<string, VariableNode> members) => _members = members;

    /// <summary>Names at the top.</summary>
    public int Count => _members.Count;

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">No JSON object.</exception>
    public static RunVariables Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? Read(document.RootElement)
            : throw new JsonException("Variables are a JSON object.");
    }

    /// <summary>The value of a name at the top; null when there is none.</summary>
    public ExpressionValue Find(string name) => _members.TryGetValue(name, out var node)
        ? node.Branch is { } branch ? ExpressionValue.Of(branch) : ExpressionValue.Of(node.Leaf)
        : ExpressionValue.Null;

    /// <summary>As one JSON object, names in ordinal order: equal variables give equal texts.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            WriteTo(writer);
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The node at a path; null when there is none.</summary>
    internal VariableNode? At(ReadOnlySpan<string> path) =>
        !_members.TryGetValue(path[0], out var node) ? null
        : path.Length == 1 ? node
        : node.Branch?.At(path[1..]);

    /// <summary>With a leaf at a path; a leaf on the way gives place to the branch that the path needs.</summary>
    internal RunVariables With(ReadOnlySpan<string> path, JsonElement leaf)
    {
        var branch = path.Length == 1
            ? new VariableNode(null, leaf)
            : new VariableNode((_members.GetValueOrDefault(path[0]).Branch ?? Empty).With(path[1..], leaf), default);
        return new RunVariables(_members.SetItem(path[0], branch));
    }

    /// <summary>Without what is at a path, and without the branches that this leaves empty.</summary>
    internal RunVariables Without(ReadOnlySpan<string> path)
    {
        if (!_members.TryGetValue(path[0], out var node))
        {
            return this;
        }

        if (path.Length > 1)
        {
            if (node.Branch is not { } branch)
            {
                return this;
            }

            var rest = branch.Without(path[1..]);
            if (rest.Count > 0)
            {
                return ReferenceEquals(rest, branch) ? this : new RunVariables(_members.SetItem(path[0], new VariableNode(rest, default)));
            }
        }

        return new RunVariables(_members.Remove(path[0]));
    }

    private static RunVariables Read(JsonElement json)
    {
        var members = ImmutableSortedDictionary.CreateBuilder<string, VariableNode>(StringComparer.Ordinal);
        foreach (var member in json.EnumerateObject())
        {
            members[member.Name] = member.Value.ValueKind == JsonValueKind.Object
                ? new VariableNode(Read(member.Value), default)
                : new VariableNode(null, member.Value.Clone());
        }

        return new RunVariables(members.ToImmutable());
    }

    private void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var (name, node) in _members)
        {
            writer.WritePropertyName(name);
            if (node.Branch is { } branch)
            {
                branch.WriteTo(writer);
            }
            else
            {
                node.Leaf.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }
}

/// <summary>A branch, or a leaf.</summary>
internal readonly record struct VariableNode(RunVariables? Branch, JsonElement Leaf);
