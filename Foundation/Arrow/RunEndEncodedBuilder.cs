namespace OrleansFlow.Arrow;

/// <summary>Builds <see cref="RunEndEncodedArray"/>. A value equal to the one before it makes that one's run longer.</summary>
public sealed class RunEndEncodedBuilder : ArrowArrayBuilder
{
    private readonly int _endWidth;
    private readonly long _maxEnd;
    private readonly ArrowArrayBuilder _values;
    private GrowingBuffer _ends;
    private object? _last;
    private ArrowArray? _lastSource;
    private int _lastSlot;

    /// <summary>Creates the builder.</summary>
    /// <param name="type">Types of run ends and values.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public RunEndEncodedBuilder(RunEndEncodedType type, ArrowAllocator? allocator = null)
        : base(type, allocator)
    {
        _endWidth = type.RunEndType.FixedBitWidth / 8;
        _maxEnd = Math.Min(int.MaxValue, _endWidth == 2 ? short.MaxValue : int.MaxValue);
        _values = Create(type.Values.Type, Allocator);
        _ends = new GrowingBuffer(Allocator);
    }

    private protected override bool KeepsNullsInside => true;

    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity)
    {
        validity.Release();
        Forget();
        var values = _values.Build();
        var ends = ArrowArrayFactory.Wrap(new ArrowArrayData
        {
            Type = Type.Children[0].Type,
            Length = values.Length,
            NullCount = 0,
            Buffers = [ArrowBuffer.Empty, _ends.Take()],
        });
        return ArrowArrayFactory.Wrap(new ArrowArrayData { Type = Type, Length = length, NullCount = 0, Children = [ends, values] });
    }

    private protected override void ClearCore()
    {
        Forget();
        _ends.Release();
        _values.Clear();
    }

    private protected override void AppendEmptySlot()
    {
        CheckRoom();
        if (_lastSource is null && _last is null && _values.Length > 0)
        {
            ExtendRun();
            return;
        }

        Forget();
        _values.AppendNull();
        StartRun();
    }

    private protected override void AppendValueFrom(ArrowArray source, int index)
    {
        CheckRoom();
        var from = (RunEndEncodedArray)source;
        var slot = from.FindRun(index);
        if (from.Values.IsNull(slot))
        {
            AppendNull();
            return;
        }

        // Arrays cannot change, so the same place of the same array is the same value.
        if (ReferenceEquals(_lastSource, from.Values) && _lastSlot == slot)
        {
            ExtendRun();
        }
        else
        {
            _values.AppendFrom(from.Values, slot);
            _last = null;
            _lastSource = from.Values;
            _lastSlot = slot;
            StartRun();
        }

        MarkValid();
    }

    private protected override void AppendObjectCore(object value)
    {
        CheckRoom();
        if (value.Equals(_last))
        {
            ExtendRun();
        }
        else
        {
            _values.AppendObject(value);
            _last = value;
            _lastSource = null;
            StartRun();
        }

        MarkValid();
    }

    private void CheckRoom()
    {
        if (Length >= _maxEnd)
        {
            throw new InvalidOperationException($"{Type.Name} counts no more than {_maxEnd} values; use wider run ends or smaller batches.");
        }
    }

    private void Forget()
    {
        _last = null;
        _lastSource = null;
    }

    private void StartRun()
    {
        var end = Length + 1;
        switch (_endWidth)
        {
            case 2:
                _ends.Append((short)end);
                break;
            case 4:
                _ends.Append(end);
                break;
            default:
                _ends.Append((long)end);
                break;
        }
    }

    private void ExtendRun()
    {
        _ends.Advance(-_endWidth);
        StartRun();
    }
}
