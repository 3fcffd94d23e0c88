using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansFlow.Decisions.Expressions;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>How a node is scattered over a list or over a parent's batches.</summary>
/// <param name="Items">What gives the list; null for a written one and for batches.</param>
/// <param name="List">The written list, each item as JSON; default where there is none.</param>
/// <param name="Edge">Number of the edge whose parent's batches are the items; null for a list.</param>
/// <param name="As">The parameter in which a task finds its item.</param>
/// <param name="Needed">How many tasks must complete; null for all.</param>
public sealed record PlanForeach(Expression? Items, ImmutableArray<string> List, int? Edge, string As, int? Needed)
{
    /// <summary>Most characters of all items together, as JSON.</summary>
    public const int ItemCharsMax = 1024 * 1024;

    /// <summary>A barrier: how many tasks must complete; null for all. False when the text is none.</summary>
    internal static bool TryReadBarrier(string text, out int? needed)
    {
        needed = text == "any" ? 1 : null;
        if (text is "all" or "any")
        {
            return true;
        }

        var isCount = text.StartsWith("count:", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= 1;
        needed = isCount ? int.Parse(text.AsSpan(6), CultureInfo.InvariantCulture) : null;
        return isCount;
    }

    /// <summary>The list's items as JSON.</summary>
    /// <param name="scope">What the expression can name.</param>
    /// <param name="problem">Why there is no list; null when there is one.</param>
    internal ImmutableArray<string> Evaluate(IExpressionScope scope, out string? problem)
    {
        problem = null;
        if (Items is null)
        {
            return List;
        }

        var value = Items.Evaluate(scope);
        if (value.Kind != ExpressionValueKind.List)
        {
            problem = $"foreach.items ('{Items}') must give a list, and gave {(value.IsNull ? "nothing" : $"a {Word(value.Kind)}")}.";
            return [];
        }

        return [.. value.Items.Select(TextOf)];
    }

    /// <summary>The parameters of one task: the node's with the item laid over them.</summary>
    internal string ParamsOf(string? nodeParamsJson, string itemJson) => JsonMembers.With(nodeParamsJson, As, itemJson);

    private static string Word(ExpressionValueKind kind) => kind switch
    {
        ExpressionValueKind.Boolean => "truth value",
        ExpressionValueKind.Number => "number",
        ExpressionValueKind.Text => "text",
        _ => "map",
    };

    private static string TextOf(ExpressionValue value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            value.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
