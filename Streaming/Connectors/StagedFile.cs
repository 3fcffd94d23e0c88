using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;

namespace OrleansFlow.Streaming.Connectors;

/// <summary>A file that grows by staged segments, each of which becomes part of it once and whole, however often that is asked for.</summary>
internal static class StagedFile
{
    private const int BufferBytes = 64 * 1024;

    public static string NameOf(string path, long number) => $"{path}.staged-{number}";

    /// <summary>Makes a segment part of the file, durably, and removes what was staged. Repeating it changes nothing.</summary>
    /// <exception cref="FlowException">The staged bytes are gone and the file lacks them (<see cref="FlowErrorCode.StateCorrupt"/>).</exception>
    public static async Task ApplyAsync(string path, SingleFileSegment segment, CancellationToken cancellationToken)
    {
        var staged = NameOf(path, segment.Number);
        await using (var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0, useAsync: true))
        {
            if (file.Length < segment.Offset + segment.Length)
            {
                if (file.Length < segment.Offset || !File.Exists(staged) || new FileInfo(staged).Length < segment.Length)
                {
                    throw new FlowException(
                        FlowErrorCode.StateCorrupt,
                        $"'{path}' has {file.Length} bytes and needs {segment.Length} from {segment.Offset} on for epoch {segment.Epoch}, but '{staged}' does not hold them. Restore the files or start the job anew.");
                }

                // From the segment's own offset, so that a copy that broke off is made again in full.
                file.Position = segment.Offset;
                await using var source = new FileStream(staged, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true);
                await CopyAsync(source, file, segment.Length, cancellationToken);
                file.Flush(flushToDisk: true);
            }
        }

        File.Delete(staged);
    }

    /// <summary>Cuts the file to what is committed, and removes what was staged and is in no checkpoint.</summary>
    public static void Cut(string path, long length)
    {
        using (var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read))
        {
            if (file.Length > length)
            {
                file.SetLength(length);
                file.Flush(flushToDisk: true);
            }
        }

        var full = Path.GetFullPath(path);
        foreach (var left in Directory.GetFiles(Path.GetDirectoryName(full)!, Path.GetFileName(full) + ".staged-*"))
        {
            File.Delete(left);
        }
    }

    private static async Task CopyAsync(FileStream source, FileStream target, long bytes, CancellationToken cancellationToken)
    {
        var buffer = new byte[(int)Math.Min(BufferBytes, bytes)];
        while (bytes > 0)
        {
            var read = await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, bytes)), cancellationToken);
            if (read == 0)
            {
                throw new EndOfStreamException($"'{source.Name}' became shorter while it was read.");
            }

            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            bytes -= read;
        }
    }
}
