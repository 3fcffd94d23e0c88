using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Hosting;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>The folders into which statements may write files, and what is being written there.</summary>
internal sealed class CopyTargets(IOptions<SqlGatewayOptions> options, IIdSource ids)
{
    private const string StagingFolder = ".orleansflow-copy";

    // Statements publish in turn. Each needs milliseconds for it, and what one finds at its target must still be so when it acts on it.
    private readonly Lock _publishing = new();

    private readonly string[] _roots = [.. options.Value.WritableFolders.Select(folder => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))];

    /// <summary>Begins to write: makes a hidden folder beside the target. Dispose it: then nothing is left but what was published.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: it may not be written there; <c>already_exists</c>; <c>store_unavailable</c>.</exception>
    public CopyStaging Begin(SqlCopy copy)
    {
        var root = RootOf(copy.Target);
        ThrowIfTaken(copy);
        var folder = Path.Combine(root, StagingFolder, ids.NewId());
        try
        {
            Directory.CreateDirectory(folder);
            return new CopyStaging(copy, folder, _publishing);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"Nothing can be written below '{root}': {exception.Message}", exception);
        }
    }

    /// <summary>Removes what copies left behind that a crash ended.</summary>
    /// <param name="untouchedSince">Those that have not been touched since.</param>
    /// <param name="countMax">Copies at most.</param>
    /// <returns>How many were removed.</returns>
    public int DeleteAbandoned(DateTimeOffset untouchedSince, int countMax)
    {
        var count = 0;
        foreach (var staging in _roots.Select(root => new DirectoryInfo(Path.Combine(root, StagingFolder))).Where(staging => staging.Exists))
        {
            foreach (var folder in staging.EnumerateDirectories().Where(folder => folder.LastWriteTimeUtc <= untouchedSince.UtcDateTime).Take(countMax - count).ToList())
            {
                CopyStaging.Clear(folder.FullName);
                count++;
            }
        }

        return count;
    }

    /// <exception cref="FlowException"><c>already_exists</c>.</exception>
    internal static void ThrowIfTaken(SqlCopy copy)
    {
        var isFolder = Directory.Exists(copy.Target);
        var isRefused = copy.Mode == CopyMode.Refuse;
        var isTaken = copy.IsOneFile ? isFolder || (File.Exists(copy.Target) && isRefused)
            : File.Exists(copy.Target) || (isFolder && isRefused && Directory.EnumerateFileSystemEntries(copy.Target).Any());
        if (isTaken)
        {
            throw new FlowException(
                FlowErrorCode.AlreadyExists,
                copy.IsOneFile == isFolder || !isRefused
                    ? $"'{copy.Target}' is a {(isFolder ? "folder" : "file")}, and the statement writes a {(copy.IsOneFile ? "file" : "folder")} there. Name another place."
                    : $"There is something at '{copy.Target}' already. Name another place, or say what becomes of it: {(copy.IsOneFile ? "OVERWRITE" : "APPEND, OVERWRITE or OVERWRITE_OR_IGNORE")}.");
        }
    }

    private string RootOf(string target)
    {
        var root = Array.Find(_roots, folder => target.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            ?? throw new FlowException(
                FlowErrorCode.BadInput,
                $"Nothing may be written to '{target}': COPY writes below {(_roots.Length == 0 ? "no folder" : string.Join(" and ", _roots.Select(folder => $"'{folder}'")))} here. "
                + $"Name a place there, or add the folder to {SqlGatewayOptions.SectionName}:{nameof(SqlGatewayOptions.WritableFolders)} (flow silo --writable).");
        if (Path.GetRelativePath(root, target).Split(Path.DirectorySeparatorChar)[0] == StagingFolder)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"'{target}' lies in the folder of unfinished copies. Name another place.");
        }

        for (var path = target; path.Length > root.Length; path = Path.GetDirectoryName(path)!)
        {
            // A link could lead anywhere.
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"'{path}' is a link, and COPY does not follow links. Name the place itself, below a folder that may be written.");
            }
        }

        return root;
    }
}
