using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Fields between delimiters, by RFC 4180: quotes around a field that holds delimiters, line ends or quotes, which are doubled. A record without a byte is none.</summary>
internal sealed class CsvRowDecoder : RowDecoder
{
    private readonly Cell[] _cells;
    private readonly byte _delimiter;
    private readonly byte[] _null;
    private int[] _columns;
    private byte[] _unquoted = [];

    /// <summary>Creates the decoder.</summary>
    /// <param name="schema">The rows.</param>
    /// <param name="format">Delimiter and the text of nulls.</param>
    /// <param name="allocator">Where the memory comes from.</param>
    public CsvRowDecoder(ArrowSchema schema, FormatConfig format, ArrowAllocator? allocator)
        : base(schema, allocator)
    {
        _cells = [.. schema.Fields.Select((field, place) => Cell.Of(Rows.Column(place), field.Name, format.JsonTimes))];
        _delimiter = DelimiterOf(format);
        _null = Encoding.UTF8.GetBytes(format.CsvNull);
        _columns = [.. Enumerable.Range(0, _cells.Length)];
    }

    /// <summary>What stands between fields.</summary>
    public static byte DelimiterOf(FormatConfig format) => format.CsvDelimiter.Length == 0 ? (byte)',' : (byte)format.CsvDelimiter[0];

    /// <summary>Takes the names of the fields; from then on each field goes to the column of its name, and one without a column nowhere.</summary>
    /// <exception cref="BadRecordException">A column has no field.</exception>
    public void ReadHeader(ReadOnlySpan<byte> record)
    {
        var names = new List<string>();
        for (var at = record.StartsWith("\uFEFF"u8) ? 3 : 0; at <= record.Length;)
        {
            names.Add(Encoding.UTF8.GetString(NextField(record, ref at, out _)));
        }

        _columns = [.. names.Select(name => Rows.Schema.TryIndexOf(name))];
        foreach (var field in Rows.Schema.Fields)
        {
            if (names.Count(name => name == field.Name) != 1)
            {
                throw new BadRecordException($"the header is ({string.Join(", ", names)}), which does not have '{field.Name}' once");
            }
        }
    }

    protected override void Decode(ReadOnlySpan<byte> record)
    {
        if (record.IsEmpty)
        {
            return;
        }

        var place = 0;
        for (var at = 0; at <= record.Length; place++)
        {
            var field = NextField(record, ref at, out var isQuoted);
            if (place >= _columns.Length)
            {
                throw new BadRecordException($"it has more than {_columns.Length} fields");
            }

            if (_columns[place] is var column and >= 0)
            {
                if (!isQuoted && field.SequenceEqual(_null))
                {
                    Rows.Column(column).AppendNull();
                }
                else if (!_cells[column].TryAppend(field))
                {
                    throw new BadRecordException($"column '{Rows.Schema.Fields[column].Name}' ({Rows.Column(column).Type.Name}) does not take '{Encoding.UTF8.GetString(field.Length > 100 ? field[..100] : field)}'");
                }
            }
        }

        if (place != _columns.Length)
        {
            throw new BadRecordException($"it has {place} fields, and not {_columns.Length}");
        }
    }

    /// <summary>The field at a place, and moves the place behind the delimiter after it: beyond the record's length after the last one.</summary>
    private ReadOnlySpan<byte> NextField(ReadOnlySpan<byte> record, ref int at, out bool isQuoted)
    {
        isQuoted = at < record.Length && record[at] == '"';
        if (!isQuoted)
        {
            var length = record[at..].IndexOf(_delimiter);
            var field = length < 0 ? record[at..] : record.Slice(at, length);
            at += field.Length + 1;
            return field;
        }

        if (_unquoted.Length < record.Length)
        {
            _unquoted = new byte[Math.Max(record.Length, 2 * _unquoted.Length)];
        }

        var written = 0;
        for (at++; ; written++)
        {
            if (at >= record.Length)
            {
                throw new BadRecordException("a quote in it is not closed");
            }

            if (record[at] == '"' && ++at is var next && (next >= record.Length || record[next] != '"'))
            {
                break;
            }

            _unquoted[written] = record[at++];
        }

        if (at < record.Length && record[at] != _delimiter)
        {
            throw new BadRecordException("there is something behind a closing quote");
        }

        at++;
        return _unquoted.AsSpan(0, written);
    }
}
