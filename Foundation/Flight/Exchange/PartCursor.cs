using System.Buffers;
using System.Runtime.InteropServices;

namespace OrleansFlow.Flight.Exchange;

/// <summary>How far the parts of one message are sent. They are pinned meanwhile; native memory never moves. Used again for each message.</summary>
internal sealed unsafe class PartCursor
{
    private readonly List<MemoryHandle> _pins = [];
    private NativeSocket.Vector[] _vectors = new NativeSocket.Vector[16];
    private IReadOnlyList<ReadOnlyMemory<byte>> _parts = [];
    private int _next;

    public bool IsAtEnd => _next == _parts.Count;

    public void Begin(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        if (_vectors.Length < parts.Count)
        {
            _vectors = new NativeSocket.Vector[Math.Max(parts.Count, _vectors.Length * 2)];
        }

        _parts = parts;
        _next = 0;
        for (var index = 0; index < parts.Count; index++)
        {
            var pin = parts[index].Pin();
            _pins.Add(pin);
            _vectors[index] = new NativeSocket.Vector { Start = (nint)pin.Pointer, Length = parts[index].Length };
        }

        SkipEmpty();
    }

    /// <summary>Hands over as much as the system takes at once.</summary>
    /// <returns>False when it takes nothing now.</returns>
    public bool TrySend(SafeHandle socket)
    {
        var sent = NativeSocket.Send(socket, _vectors.AsSpan(_next, _parts.Count - _next));
        if (sent == 0)
        {
            return false;
        }

        for (; sent > 0; _next++)
        {
            ref var vector = ref _vectors[_next];
            if (sent < vector.Length)
            {
                vector.Start += (nint)sent;
                vector.Length -= (nint)sent;
                return true;
            }

            sent -= vector.Length;
        }

        SkipEmpty();
        return true;
    }

    /// <summary>What is left of the part that is under way; the caller sends it.</summary>
    public ReadOnlyMemory<byte> TakeCurrent()
    {
        var rest = _parts[_next][^(int)_vectors[_next].Length..];
        _next++;
        SkipEmpty();
        return rest;
    }

    public void End()
    {
        foreach (var pin in _pins)
        {
            pin.Dispose();
        }

        _pins.Clear();
        _parts = [];
        _next = 0;
    }

    private void SkipEmpty()
    {
        while (_next < _parts.Count && _vectors[_next].Length == 0)
        {
            _next++;
        }
    }
}
