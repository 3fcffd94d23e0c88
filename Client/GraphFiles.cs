using System.Text.Json;
using OrleansFlow.Errors;

namespace OrleansFlow.Client;

/// <summary>Finds the files that a graph document names, before anything is submitted.</summary>
internal static class GraphFiles
{
    /// <summary>Absolute path of every file the run may read.</summary>
    /// <exception cref="FlowException"><c>data_file_missing</c>, naming each file that is not there.</exception>
    public static IReadOnlyDictionary<string, string> Resolve(string documentJson, SubmitOptions options)
    {
        var baseFolder = Path.GetFullPath(options.BaseFolder ?? ".");
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, path) in InDocument(documentJson))
        {
            files[name] = Path.GetFullPath(path, baseFolder);
        }

        foreach (var (name, path) in options.Files)
        {
            files[name] = Path.GetFullPath(path);
        }

        var missing = files.Where(file => !File.Exists(file.Value)).ToList();
        return missing.Count == 0
            ? files
            : throw new FlowException(
                FlowErrorCode.DataFileMissing,
                string.Join(
                    Environment.NewLine,
                    missing.Select(file => $"File '{file.Key}' does not exist: {file.Value}. Correct 'files' in the document, or give --file {file.Key}=PATH.")));
    }

    private static IEnumerable<(string Name, string Path)> InDocument(string documentJson)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(documentJson);
        }
        catch (JsonException)
        {
            // The gateway checks the whole document and says where it is wrong.
            yield break;
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("files", out var files)
                || files.ValueKind != JsonValueKind.Object)
            {
                yield break;
            }

            foreach (var file in files.EnumerateObject())
            {
                if (file.Value.ValueKind == JsonValueKind.String)
                {
                    yield return (file.Name, file.Value.GetString()!);
                }
            }
        }
    }
}
