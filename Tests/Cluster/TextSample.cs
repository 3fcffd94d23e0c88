using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OrleansFlow.Tests.Cluster;

/// <summary>The text sample's own graph, in any size, and what it must answer, counted here by other means.</summary>
internal static partial class TextSample
{
    private static readonly string[] Lines = File.ReadAllLines(RepositoryRoot.Combine("docs", "architecture.md"));

    private static string GraphPath => RepositoryRoot.Combine("samples", "text", "graph.json");

    /// <summary>The document as it is, its file named in full.</summary>
    public static string Document => Change(_ => { });

    /// <summary>The document over a text of so many lines or a few more, which comes slowly.</summary>
    /// <param name="tasks">Tasks that split it.</param>
    /// <param name="linesPerTask">Lines for each, but the last ones.</param>
    /// <param name="linesPerBatch">Lines of a batch, but the last of a task.</param>
    /// <param name="pause">What each batch costs.</param>
    public static string SlowDocument(int tasks, int linesPerTask, int linesPerBatch, TimeSpan pause) => Change(graph =>
    {
        graph["params"] = new JsonObject { ["lines_per_batch"] = linesPerBatch };
        graph["nodes"]![0]!["tasks"] = tasks;
        graph["nodes"]![0]!["params"] = new JsonObject
        {
            ["lines_per_task"] = linesPerTask, ["copies"] = CopiesFor(tasks, linesPerTask), ["pause_ms"] = (int)pause.TotalMilliseconds,
        };
    });

    /// <summary>Copies of the text that give every task its lines.</summary>
    public static int CopiesFor(int tasks, int linesPerTask) => ((tasks * linesPerTask) + Lines.Length - 1) / Lines.Length;

    /// <summary>Lines that so many tasks read.</summary>
    public static long LineCount(int tasks, int linesPerTask, int copies) => Math.Min((long)tasks * linesPerTask, (long)Lines.Length * copies);

    /// <summary>What the node <c>merge</c> answers over the first lines of the copies.</summary>
    public static string Answer(long lineCount)
    {
        var words = Enumerable.Range(0, (int)lineCount).SelectMany(line => Word().Matches(Lines[line % Lines.Length])).Select(match => match.Value.ToLower(CultureInfo.InvariantCulture)).ToList();
        var top = words.CountBy(word => word).OrderByDescending(word => word.Value).ThenBy(word => word.Key, StringComparer.Ordinal).Take(10).Select(word => word.Key);
        return JsonSerializer.Serialize(new { lines = lineCount, words = words.Count, distinct = words.Distinct().Count(), top });
    }

    private static string Change(Action<JsonNode> change)
    {
        var graph = JsonNode.Parse(File.ReadAllText(GraphPath))!;
        var files = graph["files"]!.AsObject();
        foreach (var (name, path) in files.ToList())
        {
            files[name] = Path.GetFullPath((string)path!, Path.GetDirectoryName(GraphPath)!);
        }

        change(graph);
        return graph.ToJsonString();
    }

    [GeneratedRegex("[A-Za-z]+")]
    private static partial Regex Word();
}
