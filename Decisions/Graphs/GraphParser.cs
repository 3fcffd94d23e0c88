using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Inputs;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>Checks a graph document and compiles it. Every problem is reported at once, with its path.</summary>
public static class GraphParser
{
    private static readonly ImmutableArray<string> GraphMembers = ["version", "name", "files", "graphs", .. GraphBodyReader.Members];

    /// <summary>Checks and compiles a document.</summary>
    /// <param name="documentJson">The document's text.</param>
    /// <param name="files">Replaces or adds entries of the document's files; null for none.</param>
    /// <param name="adapters">
    /// The input adapters that workers have announced, by name, beside those that every worker has; one that is in neither is refused. Null: nothing
    /// is said about adapters that not every worker has.
    /// </param>
    /// <remarks>Pure; never throws for a faulty document. O(nodes + edges).</remarks>
    public static GraphParseResult Parse(
        string documentJson, IReadOnlyDictionary<string, string>? files = null, IReadOnlyDictionary<string, AdapterSchema>? adapters = null)
    {
        ArgumentNullException.ThrowIfNull(documentJson);
        var bytes = Encoding.UTF8.GetByteCount(documentJson);
        if (bytes > GraphLimits.DocumentBytesMax)
        {
            return Only(GraphProblemCodes.TooLarge, $"the document has {bytes} bytes; at most {GraphLimits.DocumentBytesMax} are allowed.");
        }

        if (Open(documentJson, out var problem) is not { } document)
        {
            return new GraphParseResult([problem!]);
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return Only(GraphProblemCodes.NotJson, "a graph is a JSON object, with 'name' and 'nodes'.");
            }

            var problems = new List<FlowProblem>();
            var definition = ReadGraph(document.RootElement, problems);
            var edges = GraphChecks.Run(definition, problems);
            SubGraphChecks.Run(definition, problems);
            var foreign = InputChecks.Run(definition, edges, adapters, problems);
            return problems.Count == 0
                ? new GraphParseResult(definition, GraphPlan.Compile(definition, edges, files)) { ForeignAdapters = foreign }
                : new GraphParseResult([.. problems], definition) { ForeignAdapters = foreign };
        }
    }

    private static JsonDocument? Open(string json, out FlowProblem? problem)
    {
        problem = null;
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = GraphLimits.DepthMax });
        }
        catch (JsonException exception)
        {
            problem = IsOnlyTooDeep(json)
                ? new FlowProblem(GraphProblemCodes.TooLarge, "", $"values are nested deeper than {GraphLimits.DepthMax} levels.")
                : new FlowProblem(GraphProblemCodes.NotJson, "", string.Create(
                    CultureInfo.InvariantCulture,
                    $"line {(exception.LineNumber ?? 0) + 1}, position {(exception.BytePositionInLine ?? 0) + 1}: {FirstSentence(exception.Message)}"));
            return null;
        }
    }

    private static bool IsOnlyTooDeep(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json), new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            // Not JSON at all, which is what the caller wants to know.
            return false;
        }
    }

    private static string FirstSentence(string message)
    {
        var end = message.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? message : message[..(end + 1)];
    }

    private static GraphDefinition ReadGraph(JsonElement root, List<FlowProblem> problems)
    {
        var reader = new GraphReader(root, "", GraphMembers, problems);
        if (reader.TryGet("version", out var version) && !(version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out var number) && number == 1))
        {
            reader.Expected("version", "1, the only version", version);
        }

        var (name, files, graphs) = (reader.Id("name", "graph name"), ReadFiles(reader), GraphBodyReader.ReadGraphs(reader, problems));
        var body = GraphBodyReader.Read(reader, name, problems);
        return new GraphDefinition
        {
            Name = name,
            Files = files,
            Graphs = graphs,
            Params = body.Params,
            Vars = body.Vars,
            DeadlineSec = body.DeadlineSec,
            Outputs = body.Outputs,
            Nodes = body.Nodes,
        };
    }

    private static SortedDictionary<string, string> ReadFiles(GraphReader reader)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (!reader.TryGet("files", out var value))
        {
            return files;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            reader.Expected("files", "an object of name to path", value);
            return files;
        }

        foreach (var file in value.EnumerateObject())
        {
            var path = $"files.{file.Name}";
            if (!Tasks.IdText.IsValid(file.Name))
            {
                reader.Note(GraphProblemCodes.BadId, path, GraphReader.BadIdMessage(file.Name, "file name of a graph"));
            }
            else if (file.Value.ValueKind != JsonValueKind.String || file.Value.GetString()!.Length == 0)
            {
                reader.Expected(path, "a path", file.Value);
            }
            else if (!files.TryAdd(file.Name, file.Value.GetString()!))
            {
                reader.Note(GraphProblemCodes.BadValue, path, $"'{file.Name}' is written twice; keep one.");
            }
        }

        return files;
    }

    private static GraphParseResult Only(string code, string message) => new([new FlowProblem(code, "", message)]);
}
