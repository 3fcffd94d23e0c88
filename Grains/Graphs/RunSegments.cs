using System.Globalization;
using System.Text;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Which row holds each segment of one kind. The head stores it: a version each, empty for none, with <c>*COUNT</c> after equal neighbours.</summary>
/// <remarks>
/// A row is named <c>KIND-NUMBER.VERSION</c>. Where rows commit together, a segment is written in place. Otherwise every write takes a new version,
/// and the head, written last, changes over: until then the run is what it was (shadow paging, Lorie, ACM TODS 1977). A version holds
/// the id of its activation, so that one that was replaced, and does not know it yet, cannot touch a row that the newer one refers to.
/// </remarks>
internal sealed class RunSegments
{
    /// <summary>The version of a segment that is written in place.</summary>
    public const string InPlace = "a";

    private readonly string _kind;
    private readonly List<string> _versions = [];
    private string? _text;

    /// <param name="kind">First part of the rows' names.</param>
    /// <param name="stored">What the head stores; null for no row at all.</param>
    public RunSegments(string kind, string? stored)
    {
        _kind = kind;
        foreach (var part in stored?.Split(',') ?? [])
        {
            var star = part.IndexOf('*', StringComparison.Ordinal);
            var (version, count) = star < 0 ? (part, 1) : (part[..star], int.Parse(part[(star + 1)..], CultureInfo.InvariantCulture));
            _versions.AddRange(Enumerable.Repeat(version, count));
        }
    }

    /// <summary>Numbers of the segments that have a row.</summary>
    public IEnumerable<int> Stored => Enumerable.Range(0, _versions.Count).Where(number => _versions[number].Length > 0);

    /// <summary>Names of those rows.</summary>
    public IEnumerable<string> Names => Stored.Select(number => NameOf(number)!);

    /// <summary>Name of the row that holds a segment; null when there is none.</summary>
    public string? NameOf(int number) => number < _versions.Count && _versions[number].Length > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{_kind}-{number}.{_versions[number]}")
        : null;

    /// <summary>Says which version of a segment the next head refers to.</summary>
    /// <returns>Name of its row.</returns>
    public string Change(int number, string version)
    {
        while (_versions.Count <= number)
        {
            _versions.Add("");
        }

        if (_versions[number] != version)
        {
            (_versions[number], _text) = (version, null);
        }

        return NameOf(number)!;
    }

    /// <summary>Says that the next head refers to no row of a segment.</summary>
    public void Remove(int number)
    {
        if (number < _versions.Count)
        {
            (_versions[number], _text) = ("", null);
        }
    }

    /// <summary>What the head stores.</summary>
    public override string? ToString() => _versions.Count == 0 ? null : _text ??= Text();

    private string Text()
    {
        var text = new StringBuilder();
        for (int first = 0, next; first < _versions.Count; first = next)
        {
            next = first + 1;
            while (next < _versions.Count && _versions[next] == _versions[first])
            {
                next++;
            }

            text.Append(text.Length > 0 || first > 0 ? "," : "").Append(_versions[first]);
            if (next - first > 1)
            {
                text.Append(CultureInfo.InvariantCulture, $"*{next - first}");
            }
        }

        return text.ToString();
    }
}
