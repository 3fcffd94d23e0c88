using System.Text;
using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>A file that stands in a folder now.</summary>
internal readonly record struct ListedFile(string Path, long SizeBytes, DateTimeOffset ModifiedUtc);

/// <summary>Finds the files that a table names: files, folders and globs as the engine reads them.</summary>
internal static class FileLister
{
    private static readonly char[] GlobMarks = ['*', '?', '['];

    /// <summary>The files of a table, each path's in the engine's order.</summary>
    /// <param name="session">Whose globs are used.</param>
    /// <param name="source">The table.</param>
    /// <param name="countMax">Files at most.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <exception cref="FlowException">A path has no files, there are too many, or the place is not on this machine.</exception>
    public static async Task<IReadOnlyList<ListedFile>> ListAsync(EngineSession session, TableSource source, int countMax, CancellationToken cancellationToken)
    {
        var files = new List<ListedFile>();
        foreach (var path in source.Paths)
        {
            var before = files.Count;
            foreach (var found in await FindAsync(session, path, source.Format, cancellationToken).ConfigureAwait(false))
            {
                if (files.Count == countMax)
                {
                    throw new FlowException(
                        FlowErrorCode.LimitExceeded,
                        $"The table over '{path}' has more than {countMax} files (FileTablesOptions.FileCountMax); merge them or raise the limit.");
                }

                files.Add(Look(found));
            }

            if (files.Count == before)
            {
                throw new FlowException(FlowErrorCode.DataFileMissing, $"No {source.Format} file is at '{path}'; check the path and that this machine sees it.");
            }
        }

        return files;
    }

    /// <summary>A list of paths as the engine's readers take it; what would be a glob in a path is none.</summary>
    public static string Literals(IEnumerable<string> paths) => $"[{string.Join(", ", paths.Select(path => EngineText.Literal(Escape(path))))}]";

    private static string Escape(string path)
    {
        if (path.IndexOfAny(GlobMarks) < 0)
        {
            return path;
        }

        var text = new StringBuilder(path.Length + 8);
        foreach (var mark in path)
        {
            _ = Array.IndexOf(GlobMarks, mark) < 0 ? text.Append(mark) : text.Append('[').Append(mark).Append(']');
        }

        return text.ToString();
    }

    private static async Task<IEnumerable<string>> FindAsync(EngineSession session, string path, TableFormat format, CancellationToken cancellationToken)
    {
        if (path.Contains("://", StringComparison.Ordinal))
        {
            throw new FlowException(FlowErrorCode.Unsupported, $"'{path}' is not in a folder of this machine; tables read local and mounted files only.");
        }

        var full = Path.GetFullPath(path);
        if (File.Exists(full))
        {
            return [full];
        }

        if (Directory.Exists(full))
        {
            // As writers of folders mark what is theirs: _SUCCESS, .name.crc, _temporary/.
            return Directory.EnumerateFiles(full, "*", SearchOption.AllDirectories)
                .Where(file => TableSource.FormatOf(file) == format && !IsHidden(Path.GetRelativePath(full, file)))
                .Order(StringComparer.Ordinal);
        }

        if (path.IndexOfAny(GlobMarks) < 0)
        {
            throw TableErrors.Gone(full);
        }

        var rows = await MetadataQuery.RowsAsync(session, "SELECT file FROM glob($1)", [full], cancellationToken).ConfigureAwait(false);
        return rows.Select(row => (string)row[0]!);
    }

    /// <summary>Whether a path below a folder is not the reader's business.</summary>
    public static bool IsHidden(string relative) => relative.Split(Path.DirectorySeparatorChar)
        .Any(part => part[0] is '.' || (part[0] is '_' && !part.Contains('=', StringComparison.Ordinal)));

    private static ListedFile Look(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return new ListedFile(path, file.Length, new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero));
        }
        catch (IOException exception)
        {
            throw TableErrors.Gone(path, exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw TableErrors.Gone(path, exception);
        }
    }
}
