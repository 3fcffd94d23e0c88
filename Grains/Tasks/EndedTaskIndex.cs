using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <summary>Which row of ended tasks may hold a task: hashes and row numbers, about 20 bytes a task, whatever the ids' lengths.</summary>
/// <remarks>Open addressing with linear probing (Knuth, "The Art of Computer Programming", volume 3, section 6.4), at most three quarters full.</remarks>
internal sealed class EndedTaskIndex
{
    private ulong[] _hashes = new ulong[1_024];

    /// <summary>Row number + 1; 0 marks a free place.</summary>
    private int[] _rows = new int[1_024];

    /// <summary>Tasks in it.</summary>
    public int Count { get; private set; }

    /// <summary>A stable hash of a task's id.</summary>
    /// <remarks>FNV-1a (Fowler, Noll, Vo), then the finalizer of MurmurHash3 (Appleby), because linear probing wants all bits mixed.</remarks>
    public static ulong Hash(TaskId task)
    {
        var hash = 14695981039346656037UL;
        foreach (var character in task.Value)
        {
            hash = (hash ^ character) * 1099511628211UL;
        }

        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return hash ^ (hash >> 33);
    }

    public void Add(ulong hash, int row)
    {
        if (Count >= _rows.Length / 4 * 3)
        {
            Grow();
        }

        Put(_hashes, _rows, hash, row + 1);
        Count++;
    }

    /// <summary>The next row that may hold a task with this hash.</summary>
    /// <param name="hash">The task's hash.</param>
    /// <param name="step">0 at first; changed by each call.</param>
    /// <returns>Null when there is no further one.</returns>
    public int? Find(ulong hash, ref int step)
    {
        var mask = _rows.Length - 1;
        while (true)
        {
            var place = (int)((hash + (ulong)step) & (ulong)mask);
            step++;
            if (_rows[place] == 0)
            {
                return null;
            }

            if (_hashes[place] == hash)
            {
                return _rows[place] - 1;
            }
        }
    }

    /// <summary>Forgets the tasks of rows before this one. O(tasks).</summary>
    public void RemoveBefore(int row)
    {
        var (hashes, rows) = (_hashes, _rows);
        (_hashes, _rows, Count) = (new ulong[hashes.Length], new int[rows.Length], 0);
        for (var place = 0; place < rows.Length; place++)
        {
            if (rows[place] > row)
            {
                Put(_hashes, _rows, hashes[place], rows[place]);
                Count++;
            }
        }
    }

    private static void Put(ulong[] hashes, int[] rows, ulong hash, int value)
    {
        var mask = (ulong)(rows.Length - 1);
        var place = hash & mask;
        while (rows[place] != 0)
        {
            place = (place + 1) & mask;
        }

        (hashes[place], rows[place]) = (hash, value);
    }

    private void Grow()
    {
        var (hashes, rows) = (new ulong[_hashes.Length * 2], new int[_rows.Length * 2]);
        for (var place = 0; place < _rows.Length; place++)
        {
            if (_rows[place] != 0)
            {
                Put(hashes, rows, _hashes[place], _rows[place]);
            }
        }

        (_hashes, _rows) = (hashes, rows);
    }
}
