namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>A file that lies in a store.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="WrittenUtc">When it was last written.</param>
internal readonly record struct SweptFile(string Name, DateTimeOffset WrittenUtc);

/// <summary>What a sweep does.</summary>
/// <param name="Delete">Files that go.</param>
/// <param name="Unreferenced">Files that nothing refers to, and since when that is known; the state of the next sweep.</param>
internal sealed record SweepStep(IReadOnlyList<string> Delete, IReadOnlyDictionary<string, DateTimeOffset> Unreferenced);

/// <summary>
/// Which files of a store may go. A file goes when nothing has referred to it for the whole time to keep, as far as this process has seen,
/// and it was not written in that time either. So a statement that learnt of a file while it counted has that time to open it, and an upload
/// that is to be published has it to be. A restart forgets since when a file is unreferenced: then it stays for longer.
/// </summary>
internal static class SweepDecision
{
    // Beyond it the files wait for a later sweep.
    private const int TrackedMax = 10_000;

    /// <summary>Decides.</summary>
    /// <param name="files">All files, listed before the references were read: one that is made in between is not among them.</param>
    /// <param name="referenced">Names that count.</param>
    /// <param name="unreferenced">What the sweep before gave.</param>
    /// <param name="nowUtc">The time.</param>
    /// <param name="keepFor">How long a file outlasts its last reference.</param>
    /// <param name="deletionsMax">Most files that go at once.</param>
    public static SweepStep Decide(
        IEnumerable<SweptFile> files,
        IReadOnlySet<string> referenced,
        IReadOnlyDictionary<string, DateTimeOffset> unreferenced,
        DateTimeOffset nowUtc,
        TimeSpan keepFor,
        int deletionsMax)
    {
        var delete = new List<string>();
        var next = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (var file in files.Where(file => !referenced.Contains(file.Name)))
        {
            var since = unreferenced.TryGetValue(file.Name, out var known) ? known : nowUtc;
            if (delete.Count < deletionsMax && nowUtc - since >= keepFor && nowUtc - file.WrittenUtc >= keepFor)
            {
                delete.Add(file.Name);
            }

            if (next.Count < TrackedMax)
            {
                // One that cannot be deleted now is due at the next sweep at once.
                next[file.Name] = since;
            }
        }

        return new SweepStep(delete, next);
    }
}
