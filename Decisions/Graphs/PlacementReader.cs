using System.Text.Json;
using OrleansFlow.Workers;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>Reads what a node asks of the worker that runs it.</summary>
internal static class PlacementReader
{
    private static readonly SortedDictionary<string, string> NoLabels = new(StringComparer.Ordinal);

    public static SortedDictionary<string, string> ReadLabels(GraphReader node)
    {
        if (!node.TryGet("labels", out var value))
        {
            return NoLabels;
        }

        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (value.ValueKind != JsonValueKind.Object)
        {
            node.Expected("labels", "an object of label to text", value);
            return labels;
        }

        foreach (var member in value.EnumerateObject())
        {
            var path = $"labels.{member.Name}";
            if (member.Value.ValueKind != JsonValueKind.String)
            {
                node.Expected(path, "a text", member.Value);
            }
            else if (LabelText.Fault([new(member.Name, member.Value.GetString()!)]) is { } fault)
            {
                node.Note(GraphProblemCodes.BadValue, node.PathOf(path), fault + ".");
            }
            else if (!labels.TryAdd(member.Name, member.Value.GetString()!))
            {
                node.Note(GraphProblemCodes.BadValue, node.PathOf(path), $"'{member.Name}' is written twice; keep one.");
            }
        }

        if (labels.Count > LabelText.CountMax)
        {
            node.Note(GraphProblemCodes.TooLarge, node.PathOf("labels"), $"{labels.Count} labels; at most {LabelText.CountMax} are allowed.");
        }

        return labels;
    }

    public static string? ReadVersion(GraphReader node)
    {
        if (node.Text("role_version") is not { } version)
        {
            return null;
        }

        if (LabelText.IsValue(version))
        {
            return version;
        }

        node.Note(GraphProblemCodes.BadValue, node.PathOf("role_version"), $"a version has 1 to {LabelText.MaxLength} characters and no control characters.");
        return null;
    }
}
