using OrleansFlow.Engine;
using OrleansFlow.Inputs;

namespace OrleansFlow.Worker.Inputs;

/// <summary>How the engine reads files of a form.</summary>
internal static class FileForm
{
    /// <summary>The table function of a file.</summary>
    /// <exception cref="Errors.FlowException"><c>bad_input_args</c>: the name does not say what it is.</exception>
    public static string Of(AdapterCall call, string argument, string path, string format)
    {
        var name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        return format != "auto" ? $"read_{format}" : Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".parquet" => "read_parquet",
            ".csv" or ".tsv" => "read_csv",
            ".json" or ".jsonl" or ".ndjson" => "read_json",
            _ => throw call.Refuse(argument, $"the name of '{path}' does not say what it is; say parquet, csv or json, or name files so."),
        };
    }

    /// <summary>The rows of files that a function reads, all with the columns of the first.</summary>
    public static string Scan(string function, IReadOnlyList<string> paths) =>
        $"{function}([{string.Join(", ", paths.Select(EngineText.Literal))}], hive_partitioning = false)";
}
