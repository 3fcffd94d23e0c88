using System.Buffers.Binary;
using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Worker.Sessions;

/// <summary>
/// The worker's durable outbox: what has been done and not been answered yet, in files that outlive the process, so that a process that starts
/// again under the same id sends it. Thread-safe.
/// </summary>
/// <remarks>
/// <para>Records are appended with one write each and no sync: the system keeps them when the process dies. What a dying machine loses, and what a
/// deleted folder loses, is only work: the attempt runs again. So nothing here is needed for correctness, and a folder that cannot be used
/// is a warning and not a failure.</para>
/// <para>Nothing is ever marked as answered. A file that has grown is left for a new one that begins with what is pending; owners
/// tell repetitions by lease and number. A record is length, FNV-1a checksum and a <c>WorkerMessage</c>; reading ends at the first that is torn.</para>
/// </remarks>
internal sealed partial class EffectJournal : IDisposable
{
    private const string Extension = ".effects";
    private const string ClusterFile = "cluster";
    private const int HeadBytes = 8;

    /// <summary>Size from which a file is left for a new one.</summary>
    private const long RotateBytes = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly ILogger _logger;
    private readonly FileStream _hold;
    private FileStream? _file;
    private long _number;
    private long _baseBytes;

    private EffectJournal(string folder, FileStream hold, ILogger logger)
    {
        _folder = folder;
        _hold = hold;
        _logger = logger;
    }

    /// <summary>Opens the outbox of a worker id and reads what an earlier process left.</summary>
    /// <param name="folder">Of this id alone; made when it is missing.</param>
    /// <param name="logger">Gets what is wrong with the folder.</param>
    /// <param name="left">What has no known answer, in the order in which it was done.</param>
    /// <returns>Null when the folder cannot be used; the worker then works without.</returns>
    public static EffectJournal? TryOpen(string folder, ILogger logger, out List<WorkerMessage> left)
    {
        left = [];
        FileStream? hold = null;
        try
        {
            Directory.CreateDirectory(folder);

            // Another process with this id would send what is this one's.
            hold = new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var cluster = Path.Combine(folder, ClusterFile);
            var journal = new EffectJournal(folder, hold, logger) { ClusterId = File.Exists(cluster) ? File.ReadAllText(cluster) : null };
            foreach (var number in journal.Numbers())
            {
                journal._number = number;
                if (journal.ClusterId is not null)
                {
                    Read(journal.PathOf(number), left);
                }
            }

            journal.Begin();
            return journal;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            hold?.Dispose();
            LogUnusable(logger, folder, exception.Message);
            left = [];
            return null;
        }
    }

    /// <summary>The cluster in which all that is kept was done; null when that is not known, and then nothing of it is sent.</summary>
    /// <remarks>Ids and epochs mean something within one cluster only: another one may well have given the same ones to something else.</remarks>
    public string? ClusterId { get; private set; }

    /// <summary>Says where what is kept from now on is done. What was done elsewhere must be gone by the next <see cref="Compact"/>.</summary>
    public void Bind(string clusterId)
    {
        try
        {
            File.WriteAllText(Path.Combine(_folder, ClusterFile), clusterId);
            ClusterId = clusterId;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            lock (_gate)
            {
                Stop(exception);
            }
        }
    }

    /// <summary>Keeps effects.</summary>
    public void Write(WorkerMessage effects)
    {
        var size = effects.CalculateSize();
        var record = new byte[HeadBytes + size];
        BinaryPrimitives.WriteInt32LittleEndian(record, size);
        effects.WriteTo(record.AsSpan(HeadBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), Checksum(record.AsSpan(HeadBytes)));
        lock (_gate)
        {
            try
            {
                _file?.Write(record);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Stop(exception);
            }
        }
    }

    /// <summary>Leaves files that have grown, or hold nothing that is pending, for a new one.</summary>
    /// <param name="isIdle">Nothing is pending.</param>
    /// <param name="pending">Says what has no answer; asked only when there is something to leave, and not under a lock.</param>
    public void Compact(bool isIdle, Func<IReadOnlyList<WorkerMessage>> pending)
    {
        long current;
        lock (_gate)
        {
            if (_file is not { } file || file.Length - _baseBytes < (isIdle ? 1 : RotateBytes))
            {
                return;
            }

            // What is done from here on goes into the new file; so whatever is asked for after this is in one of the two.
            Begin();
            (current, _baseBytes) = (_number, 0);
        }

        foreach (var message in pending())
        {
            Write(message);
        }

        lock (_gate)
        {
            _baseBytes = _file?.Length ?? 0;
            Delete(number => number < current);
        }
    }

    /// <summary>Forgets everything: the worker has left and nothing is pending.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
            Delete(_ => true);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
            _hold.Dispose();
        }
    }

    private static void Read(string path, List<WorkerMessage> into)
    {
        var bytes = File.ReadAllBytes(path).AsSpan();
        while (bytes.Length >= HeadBytes)
        {
            var size = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            if (size <= 0 || size > bytes.Length - HeadBytes
                || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != Checksum(bytes.Slice(HeadBytes, size)))
            {
                return;
            }

            into.Add(WorkerMessage.Parser.ParseFrom(bytes.Slice(HeadBytes, size)));
            bytes = bytes[(HeadBytes + size)..];
        }
    }

    /// <summary>Source: FNV-1a, 32 bits; Fowler, Noll and Vo, RFC 9923.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var hash = 2_166_136_261u;
        foreach (var value in bytes)
        {
            hash = (hash ^ value) * 16_777_619u;
        }

        return hash;
    }

    private void Begin()
    {
        try
        {
            var next = new FileStream(PathOf(_number + 1), FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
            _file?.Dispose();
            (_file, _number) = (next, _number + 1);
        }
        catch (Exception exception) when (_file is not null && exception is IOException or UnauthorizedAccessException)
        {
            Stop(exception);
        }
    }

    private void Stop(Exception exception)
    {
        // Half a record would hide what comes after it.
        LogStopped(_folder, exception.Message);
        _file?.Dispose();
        _file = null;
    }

    private void Delete(Func<long, bool> which)
    {
        try
        {
            foreach (var number in Numbers().Where(which))
            {
                File.Delete(PathOf(number));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Sent once more after a restart, which owners notice; a folder that is gone is as good as empty.
        }
    }

    private List<long> Numbers() =>
    [
        .. Directory.EnumerateFiles(_folder, "*" + Extension)
            .Select(file => long.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Where(number => number > 0)
            .Order(),
    ];

    private string PathOf(long number) => Path.Combine(_folder, number.ToString("D8", CultureInfo.InvariantCulture) + Extension);

    [LoggerMessage(EventId = 2240, Level = LogLevel.Warning,
        Message = "The outbox folder {Folder} cannot be used ({Reason}); what a crash of this process leaves unsent is done again")]
    private static partial void LogUnusable(ILogger logger, string folder, string reason);

    [LoggerMessage(EventId = 2241, Level = LogLevel.Warning,
        Message = "The outbox folder {Folder} can no longer be written ({Reason}); what a crash of this process leaves unsent is done again")]
    private partial void LogStopped(string folder, string reason);
}
