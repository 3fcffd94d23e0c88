using System.Runtime.CompilerServices;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>Watches a file by looking at it again and again, which works on every file system.</summary>
public static class FileWatch
{
    /// <summary>5 s.</summary>
    public static TimeSpan DefaultInterval { get; } = TimeSpan.FromSeconds(5);

    /// <summary>The changes of a file: what is there at first, then each newer write time or other size. Ends when the file is gone.</summary>
    /// <param name="path">The file.</param>
    /// <param name="time">The clock between two looks.</param>
    /// <param name="interval">Between two looks; <see langword="null"/> for <see cref="DefaultInterval"/>.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.NotFound"/>: there is no such file at the start.</exception>
    public static async IAsyncEnumerable<FileChange> ChangesAsync(
        string path, TimeProvider time, TimeSpan? interval = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var last = FileChange.Look(path) ?? throw Missing(path);
        yield return last;

        using var timer = new PeriodicTimer(interval ?? DefaultInterval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            if (FileChange.Look(path) is not { } seen)
            {
                yield break;
            }

            if (IsChange(last, seen))
            {
                last = seen;
                yield return seen;
            }
        }
    }

    internal static FlowException Missing(string path) => new(FlowErrorCode.NotFound, $"There is no file '{path}' to watch.");

    /// <summary>A write time that went back is no change by itself: the file may have been restored.</summary>
    internal static bool IsChange(FileChange last, FileChange seen) => seen.WrittenUtc > last.WrittenUtc || seen.Bytes != last.Bytes;
}
