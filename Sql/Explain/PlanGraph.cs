using System.Globalization;
using System.Text;

namespace OrleansFlow.Sql.Explain;

/// <summary>Draws a plan: a box for each stage, with its operators, and an arrow for each exchange.</summary>
internal static class PlanGraph
{
    /// <summary>For <c>dot -Tsvg</c>.</summary>
    public static string WriteGraphviz(ExplainedPlan plan)
    {
        var text = new StringBuilder("digraph plan {\n  rankdir=BT;\n  node [shape=box, fontname=\"monospace\"];\n");
        foreach (var stage in plan.Stages)
        {
            var lines = string.Concat(Lines(plan, stage).Select(line => Escape(line, "\\\\", "\\\"", "<", ">", "#", " ") + "\\l"));
            text.Append(CultureInfo.InvariantCulture, $"  s{stage.Id} [label=\"{lines}\"];\n");
        }

        foreach (var (from, to, label) in Arrows(plan))
        {
            text.Append(CultureInfo.InvariantCulture, $"  s{from} -> s{to} [label=\"{label}\"];\n");
        }

        return text.Append("}\n").ToString();
    }

    /// <summary>For documents that draw Mermaid.</summary>
    public static string WriteMermaid(ExplainedPlan plan)
    {
        var text = new StringBuilder("flowchart BT\n");
        foreach (var stage in plan.Stages)
        {
            var lines = string.Join("<br/>", Lines(plan, stage).Select(line => Escape(line, "#92;", "#quot;", "#lt;", "#gt;", "#35;", "#nbsp;")));
            text.Append(CultureInfo.InvariantCulture, $"  s{stage.Id}[\"{lines}\"]\n");
        }

        foreach (var (from, to, label) in Arrows(plan))
        {
            text.Append(CultureInfo.InvariantCulture, $"  s{from} -->|\"{label}\"| s{to}\n");
        }

        return text.ToString();
    }

    private static IEnumerable<string> Lines(ExplainedPlan plan, ExplainedStage stage)
    {
        yield return plan.IsLocal
            ? "Local: the query runs as it is written"
            : string.Create(CultureInfo.InvariantCulture, $"Stage {stage.Id}: tasks={stage.Tasks}{(stage.IsResult ? ", result" : "")}, rows~{stage.EstimatedRows}");
        foreach (var note in plan.IsLocal ? plan.Reasons : stage.Notes)
        {
            yield return $"! {note}";
        }

        if (stage.Operators is { } root)
        {
            foreach (var line in Lines(root, 1))
            {
                yield return line;
            }
        }

        if (stage.Actual is { } actual)
        {
            yield return $"> {ActualText.Stage(actual)}";
            foreach (var task in actual.Tasks)
            {
                yield return $"> {ActualText.Task(task)}";
            }
        }
    }

    private static IEnumerable<string> Lines(ExplainedOperator node, int depth) =>
        node.Inputs.SelectMany(input => Lines(input, depth + 1)).Prepend(new string(' ', depth * 2) + node.Text);

    private static IEnumerable<(int From, int To, string Label)> Arrows(ExplainedPlan plan)
    {
        foreach (var stage in plan.Stages)
        {
            foreach (var input in stage.Inputs)
            {
                var output = plan.Stages.First(other => other.Id == input.Stage).Outputs[input.Output];
                var columns = output.Keys.Count > 0 ? output.Keys : output.Order;
                var by = columns.Count == 0 ? "" : $" by {string.Join(", ", columns)}";
                var partitions = output.Partitions == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" partitions={output.Partitions}");
                yield return (input.Stage, stage.Id, $"{output.Exchange}{by}{partitions}");
            }
        }
    }

    private static string Escape(string line, string backslash, string quote, string less, string greater, string hash, string space)
    {
        var text = new StringBuilder(line.Length);
        var isIndent = true;
        foreach (var mark in line)
        {
            isIndent &= mark == ' ';
            _ = mark switch
            {
                '\\' => text.Append(backslash),
                '"' => text.Append(quote),
                '<' => text.Append(less),
                '>' => text.Append(greater),
                '#' => text.Append(hash),
                ' ' when isIndent => text.Append(space),
                < ' ' => text.Append(' '),
                _ => text.Append(mark),
            };
        }

        return text.ToString();
    }
}
