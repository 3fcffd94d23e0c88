using System.Buffers.Binary;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Finds the end of the first record of some bytes. It remembers how far it looked until it has found one. Not thread-safe.</summary>
public abstract class RecordFramer
{
    /// <summary>Bytes before each record that are not part of it. Default 0.</summary>
    public virtual int HeadBytes => 0;

    /// <summary>Finds the first record.</summary>
    /// <param name="bytes">What has not been taken yet; the same and more than in the call before when that found none.</param>
    /// <param name="isEnd">Whether nothing follows.</param>
    /// <param name="frame">Where the record is, and how many bytes to take off.</param>
    /// <returns>False: there is none before more bytes come; at the end: none at all.</returns>
    /// <exception cref="BadRecordException">The bytes end inside a record.</exception>
    public abstract bool TryFind(ReadOnlySpan<byte> bytes, bool isEnd, out RecordFrame frame);

    /// <summary>The bytes so far, all of one record, are thrown away; what comes is the rest of it.</summary>
    public abstract void Forget(ReadOnlySpan<byte> bytes);
}

/// <summary>Where a record is.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Taken">Bytes up to the next record.</param>
public readonly record struct RecordFrame(int Start, int Length, int Taken);

/// <summary>A line feed ends a record.</summary>
internal sealed class NewlineFramer : RecordFramer
{
    private int _looked;

    public override bool TryFind(ReadOnlySpan<byte> bytes, bool isEnd, out RecordFrame frame)
    {
        var end = bytes[_looked..].IndexOf((byte)'\n');
        if (end < 0 && (!isEnd || bytes.IsEmpty))
        {
            _looked = bytes.Length;
            frame = default;
            return false;
        }

        var length = end < 0 ? bytes.Length : _looked + end;
        _looked = 0;
        frame = new RecordFrame(0, length > 0 && bytes[length - 1] == '\r' ? length - 1 : length, Math.Min(length + 1, bytes.Length));
        return true;
    }

    public override void Forget(ReadOnlySpan<byte> bytes) => _looked = 0;
}

/// <summary>Four bytes, the highest first, say how long the record behind them is.</summary>
internal sealed class LengthFramer : RecordFramer
{
    private long _left;
    private long _forgotten;

    public override int HeadBytes => sizeof(uint);

    public override bool TryFind(ReadOnlySpan<byte> bytes, bool isEnd, out RecordFrame frame)
    {
        frame = default;
        if (_left > 0 && _left <= bytes.Length)
        {
            frame = new RecordFrame(0, (int)_left, (int)_left);
            (_left, _forgotten) = (0, 0);
            return true;
        }

        if (_left == 0 && bytes.Length >= sizeof(uint) && BinaryPrimitives.ReadUInt32BigEndian(bytes) is var length && length <= bytes.Length - sizeof(uint))
        {
            frame = new RecordFrame(sizeof(uint), (int)length, sizeof(uint) + (int)length);
            return true;
        }

        if (!isEnd || (bytes.IsEmpty && _left == 0))
        {
            return false;
        }

        var there = _forgotten + bytes.Length;
        (_left, _forgotten) = (0, 0);
        throw new BadRecordException($"the data ends inside of it, {there} bytes behind its start");
    }

    public override void Forget(ReadOnlySpan<byte> bytes)
    {
        _left = (_left > 0 ? _left : sizeof(uint) + (long)BinaryPrimitives.ReadUInt32BigEndian(bytes)) - bytes.Length;
        _forgotten += bytes.Length;
    }
}

/// <summary>All of it is one record.</summary>
internal sealed class WholeFramer : RecordFramer
{
    public override bool TryFind(ReadOnlySpan<byte> bytes, bool isEnd, out RecordFrame frame)
    {
        frame = new RecordFrame(0, bytes.Length, bytes.Length);
        return isEnd && !bytes.IsEmpty;
    }

    public override void Forget(ReadOnlySpan<byte> bytes)
    {
        // It has no end but that of the bytes.
    }
}
