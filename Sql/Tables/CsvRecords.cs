using System.Buffers;

namespace OrleansFlow.Sql.Tables;

/// <summary>
/// Walks over all bytes of a CSV file from its start, for only so a line's end inside of quotes is told from one between records, and notes where records begin.
/// It knows one plain way of writing; of a file that is written otherwise in one place, whose reader might take that place in another way, it notes nothing and says why.
/// Not thread-safe.
/// </summary>
/// <param name="dialect">How the file is written.</param>
/// <param name="rangeBytes">Bytes between two places that are noted, at least.</param>
internal sealed class CsvRecords(CsvDialect dialect, long rangeBytes) : ITextRecords
{
    private const byte LineFeed = (byte)'\n';
    private const byte CarriageReturn = (byte)'\r';

    private readonly SearchValues<byte> _marks = SearchValues.Create(
        dialect.Quote is { } quote ? [LineFeed, CarriageReturn, 0, dialect.Delimiter, quote] : [LineFeed, CarriageReturn, 0, dialect.Delimiter]);

    private readonly List<long> _starts = dialect.HasHeader ? [] : [0];
    private State _state = State.FieldStart;
    private bool? _hasCarriageReturns;
    private bool _isHeaderOver = !dialect.HasHeader;
    private long _recordStart;
    private int _delimiterCount;
    private int _byteOrderMarkBytes;

    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    private enum State
    {
        FieldStart,
        InField,
        Quoted,
        BehindQuote,
        BehindCarriageReturn,
    }

    /// <inheritdoc/>
    public IReadOnlyList<long> Starts => _starts;

    /// <summary>How lines end, as the reader's argument says it.</summary>
    public string NewLine => _hasCarriageReturns == true ? "\\r\\n" : "\\n";

    /// <inheritdoc/>
    public string? Why { get; private set; }

    /// <inheritdoc/>
    public void Take(ReadOnlySpan<byte> bytes, long position)
    {
        for (var at = position; at < Math.Min(ByteOrderMark.Length, position + bytes.Length); at++)
        {
            _byteOrderMarkBytes += bytes[(int)(at - position)] == ByteOrderMark[(int)at] ? 1 : 0;
        }

        if (_byteOrderMarkBytes == ByteOrderMark.Length && !dialect.HasHeader)
        {
            Why = "it begins with a byte order mark, and has no header";
        }

        for (var index = 0; index < bytes.Length && Why is null;)
        {
            switch (_state)
            {
                case State.FieldStart or State.InField:
                    index += Plain(bytes[index..], position + index);
                    break;
                case State.Quoted:
                    var end = bytes[index..].IndexOf(dialect.Quote!.Value);
                    _state = end < 0 ? State.Quoted : State.BehindQuote;
                    index = end < 0 ? bytes.Length : index + end + 1;
                    break;
                case State.BehindQuote:
                    BehindQuote(bytes[index], position + index);
                    index++;
                    break;
                default:
                    EndRecord(position + index, hasCarriageReturn: true, bytes[index]);
                    index++;
                    break;
            }
        }
    }

    /// <inheritdoc/>
    public void End(long length)
    {
        if (_state == State.Quoted)
        {
            Why ??= "a quote is not closed";
        }
        else if (_state == State.BehindCarriageReturn)
        {
            Why ??= "lines end by a carriage return alone";
        }
        else if (_recordStart < length)
        {
            CheckFields();
        }

        if (_starts.Count > 1 && _starts[^1] == length)
        {
            _starts.RemoveAt(_starts.Count - 1);
        }
    }

    /// <summary>Goes to behind the next mark.</summary>
    private int Plain(ReadOnlySpan<byte> bytes, long position)
    {
        if (_state == State.FieldStart && bytes[0] == dialect.Quote)
        {
            _state = State.Quoted;
            return 1;
        }

        var found = bytes.IndexOfAny(_marks);
        if (found != 0)
        {
            _state = State.InField;
        }

        if (found < 0)
        {
            return bytes.Length;
        }

        var mark = bytes[found];
        if (mark == dialect.Delimiter)
        {
            _delimiterCount++;
            _state = State.FieldStart;
        }
        else if (mark == LineFeed)
        {
            EndRecord(position + found, hasCarriageReturn: false, LineFeed);
        }
        else if (mark == CarriageReturn)
        {
            _state = State.BehindCarriageReturn;
        }
        else
        {
            Why = mark == 0 ? "there is a zero byte in it" : "a quote stands inside of a value";
        }

        return found + 1;
    }

    private void BehindQuote(byte mark, long position)
    {
        if (mark == dialect.Quote)
        {
            // Two of them are one of the text, if the reader was told so.
            _state = State.Quoted;
            Why = dialect.DoublesQuotes ? null : "there are quotes inside of quotes";
        }
        else if (mark == dialect.Delimiter)
        {
            _delimiterCount++;
            _state = State.FieldStart;
        }
        else if (mark == LineFeed)
        {
            EndRecord(position, hasCarriageReturn: false, LineFeed);
        }
        else if (mark == CarriageReturn)
        {
            _state = State.BehindCarriageReturn;
        }
        else
        {
            Why = "something stands behind the quotes of a value";
        }
    }

    private void EndRecord(long position, bool hasCarriageReturn, byte mark)
    {
        if (mark != LineFeed)
        {
            Why = "lines end by a carriage return alone";
            return;
        }

        if ((_hasCarriageReturns ??= hasCarriageReturn) != hasCarriageReturn)
        {
            Why = "its lines end in different ways";
            return;
        }

        if (position - (hasCarriageReturn ? 1 : 0) == _recordStart)
        {
            Why = "a line of it is empty";
            return;
        }

        CheckFields();
        (_state, _delimiterCount, _recordStart) = (State.FieldStart, 0, position + 1);
        if (!_isHeaderOver || _recordStart - _starts[^1] >= rangeBytes)
        {
            _isHeaderOver = true;
            _starts.Add(_recordStart);
        }
    }

    private void CheckFields()
    {
        if (_delimiterCount + 1 != dialect.ColumnCount)
        {
            Why ??= "its lines have different numbers of values";
        }
    }
}

/// <summary>How a CSV file is written.</summary>
/// <param name="Delimiter">What parts values.</param>
/// <param name="Quote">What stands around values; null: nothing.</param>
/// <param name="DoublesQuotes">Whether two quotes inside of a value stand for one.</param>
/// <param name="HasHeader">Whether the first record has the names of the columns.</param>
/// <param name="ColumnCount">Values of each record.</param>
internal readonly record struct CsvDialect(byte Delimiter, byte? Quote, bool DoublesQuotes, bool HasHeader, int ColumnCount);
