using System.Runtime.CompilerServices;
using OrleansFlow.Decisions.Graphs;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Compiled graphs, so that a document that is submitted again and again, or is checked by the gateway and then by its run, is compiled once.</summary>
/// <remarks>
/// Short documents are kept by their text, a bounded amount of them; a long one is found as long as somebody holds the very text and what came of it,
/// which the gateway does while its run accepts it. Plans are immutable, so runs of one document share one. Thread-safe.
/// </remarks>
public sealed class GraphPlans
{
    /// <summary>Longest document that is kept by its text, in characters.</summary>
    private const int ShortCharsMax = 256 * 1024;

    /// <summary>Characters of all the documents that are kept.</summary>
    private const int KeptCharsMax = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Document, string Files), GraphParseResult> _short = [];
    private readonly ConditionalWeakTable<string, Known> _long = [];
    private int _keptChars;

    /// <summary>See <see cref="GraphParser.Parse"/>.</summary>
    /// <param name="documentJson">The document's text.</param>
    /// <param name="files">Replaces or adds entries of the document's files; null for none.</param>
    public GraphParseResult Parse(string documentJson, IReadOnlyDictionary<string, string>? files)
    {
        ArgumentNullException.ThrowIfNull(documentJson);
        var key = (documentJson, files is null or { Count: 0 } ? "" : string.Join('\0', files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"{file.Key}\0{file.Value}")));
        if (Find(key) is { } known)
        {
            return known;
        }

        var result = GraphParser.Parse(documentJson, files);
        if (result.IsValid)
        {
            Keep(key, result);
        }

        return result;
    }

    private GraphParseResult? Find((string Document, string Files) key)
    {
        if (key.Document.Length > ShortCharsMax)
        {
            return _long.TryGetValue(key.Document, out var known) && known.Files == key.Files && known.Result.TryGetTarget(out var result) ? result : null;
        }

        lock (_gate)
        {
            return _short.GetValueOrDefault(key);
        }
    }

    private void Keep((string Document, string Files) key, GraphParseResult result)
    {
        if (key.Document.Length > ShortCharsMax)
        {
            _long.AddOrUpdate(key.Document, new Known(key.Files, new WeakReference<GraphParseResult>(result)));
            return;
        }

        lock (_gate)
        {
            if (_keptChars + key.Document.Length > KeptCharsMax)
            {
                // Rare: who has so many different documents does not submit the same one often.
                _short.Clear();
                _keptChars = 0;
            }

            _keptChars += _short.TryAdd(key, result) ? key.Document.Length : 0;
        }
    }

    private sealed record Known(string Files, WeakReference<GraphParseResult> Result);
}
