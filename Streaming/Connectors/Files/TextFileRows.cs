using System.IO.Compression;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;

namespace OrleansFlow.Streaming.Connectors.Files;

/// <summary>Records of a file of text, or of any bytes with a framing; gzip by the name's ending <c>.gz</c>. Places are bytes, after unpacking.</summary>
internal sealed class TextFileRows : FileRows
{
    private readonly string _path;
    private readonly RowDecoder _decoder;
    private readonly RecordReader _reader;
    private readonly BadRecords _bad;
    private readonly long _start;
    private readonly bool _isMarked;

    // The places of the rows that the decoder holds, those of bad records among them, and of the rows that were given last. Null: nobody asks.
    private List<long>? _held;
    private readonly List<long> _given = [];
    private bool _isEnd;

    private TextFileRows(string path, Stream stream, long start, FormatConfig format, RowDecoder decoder, BadRecords bad)
    {
        (_path, _start, _decoder, _bad) = (path, start, decoder, bad);
        _reader = ReaderOf(stream, format);
        _isMarked = format.Kind is FormatKind.Json or FormatKind.JsonValue or FormatKind.DebeziumJson or FormatKind.Csv && format.Framing != FramingKind.Length;
    }

    public override long Position => _start + _reader.Position;

    public override IReadOnlyList<long> RowPlaces => _given;

    public override void KeepRowPlaces() => _held = [];

    /// <summary>Opens one.</summary>
    /// <param name="stream">From its start; disposed with the rows, or here when that fails.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="position">See <see cref="FileRows.OpenAsync"/>, also for the others.</param>
    /// <param name="format">See there.</param>
    /// <param name="schema">See there.</param>
    /// <param name="bad">See there.</param>
    /// <param name="allocator">See there.</param>
    /// <param name="cancellationToken">See there.</param>
    public static async ValueTask<TextFileRows> OpenAsync(
        Stream stream, string path, long position, FormatConfig format, ArrowSchema schema, BadRecords bad, ArrowAllocator allocator, CancellationToken cancellationToken)
    {
        RowDecoder? decoder = null;
        var content = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        try
        {
            decoder = RowFormats.Decoder(format, schema, allocator);
            var at = 0L;
            if (decoder is CsvRowDecoder csv && !format.CsvHasNoHeader)
            {
                at = await ReadHeaderAsync(content, csv, path, format, bad, cancellationToken);
                if (content.CanSeek)
                {
                    content.Position = at;
                }
                else if (at > 0)
                {
                    // What was read ahead is gone, so that a packed file is opened again.
                    await content.DisposeAsync();
                    content = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
                    await SkipAsync(content, at, path, cancellationToken);
                }
            }

            if (position > at)
            {
                await SkipAsync(content, position - at, path, cancellationToken);
            }

            return new TextFileRows(path, content, Math.Max(position, at), format, decoder, bad);
        }
        catch (Exception exception)
        {
            decoder?.Dispose();
            await content.DisposeAsync();
            if (exception is InvalidDataException broken)
            {
                throw NotPacked(path, broken);
            }

            throw;
        }
    }

    public override async ValueTask<RecordBatch?> ReadAsync(CancellationToken cancellationToken)
    {
        while (!_isEnd)
        {
            AddHeld();
            if (_decoder.HeldRowCount < BatchRows)
            {
                _isEnd = !await FillAsync(cancellationToken);
            }
            else if (Build() is { } batch)
            {
                return batch;
            }
        }

        return Build();
    }

    public override async ValueTask DisposeAsync()
    {
        _decoder.Dispose();
        await _reader.DisposeAsync();
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _reader.FillAsync(cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw NotPacked(_path, exception);
        }
    }

    /// <summary>Nothing behind a place where unpacking fails can be read, so that it ends the job whatever becomes of bad records.</summary>
    private static FlowException NotPacked(string path, InvalidDataException exception) =>
        new(FlowErrorCode.BadInput, $"'{path}' cannot be unpacked: {exception.Message} Write the file anew, or give it a name that does not end with .gz if it is not packed.", exception);

    private static RecordReader ReaderOf(Stream stream, FormatConfig format) =>
        new(stream, RowFormats.Framer(format), format.RecordBytesMax > 0 ? format.RecordBytesMax : RowFormats.DefaultRecordBytesMax, format.CutsLongRecords);

    private static async ValueTask<long> ReadHeaderAsync(Stream content, CsvRowDecoder csv, string path, FormatConfig format, BadRecords bad, CancellationToken cancellationToken)
    {
        var reader = ReaderOf(content, format);
        do
        {
            try
            {
                if (reader.TryRead(out var header))
                {
                    csv.ReadHeader(header);
                    break;
                }
            }
            catch (BadRecordException exception)
            {
                // Without names no record of the file can be read, so that it is never left out.
                throw bad.Failure($"'{path}'", exception);
            }
        }
        while (await reader.FillAsync(cancellationToken));
        return reader.Position;
    }

    private static async ValueTask SkipAsync(Stream content, long bytes, string path, CancellationToken cancellationToken)
    {
        if (content.CanSeek)
        {
            if (content.Length < content.Position + bytes)
            {
                throw TooShort(path, content.Position + bytes, "byte");
            }

            content.Position += bytes;
            return;
        }

        var buffer = new byte[64 * 1024];
        for (var left = bytes; left > 0;)
        {
            var read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken);
            left -= read > 0 ? read : throw TooShort(path, bytes, "byte");
        }
    }

    private RecordBatch? Build()
    {
        if (_held is not null)
        {
            _given.Clear();
            var (bad, next) = (_decoder.BadRows, 0);
            for (var row = 0; row < _held.Count; row++)
            {
                if (next < bad.Count && bad[next] == row)
                {
                    next++;
                    continue;
                }

                _given.Add(_held[row]);
            }

            _held.Clear();
        }

        return _decoder.Build();
    }

    private void AddHeld()
    {
        while (_decoder.HeldRowCount < BatchRows)
        {
            var at = Position;
            try
            {
                if (!_reader.TryRead(out var record))
                {
                    return;
                }

                // Editors begin files of text with a mark of their encoding, which is no part of the first record. That before a header is taken off with it.
                _decoder.Add(at == 0 && _isMarked && record.StartsWith("\uFEFF"u8) ? record[3..] : record);
            }
            catch (BadRecordException exception)
            {
                _bad.Meet($"byte {at} of '{_path}'", exception);
            }

            while (_held is not null && _held.Count < _decoder.HeldRowCount)
            {
                _held.Add(at);
            }
        }
    }
}
