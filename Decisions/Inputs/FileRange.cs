using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Inputs;

/// <summary>Some neighbouring rows of a file.</summary>
/// <param name="Path">The file.</param>
/// <param name="FirstRow">The first row, from 0.</param>
/// <param name="RowCount">How many rows; null for all that follow.</param>
public sealed record FileRange(string Path, long FirstRow, long? RowCount)
{
    /// <summary>
    /// What one task of a node reads. Files whose rows are known are divided in whole batches, all tasks as alike as that allows; files whose rows
    /// are not known go whole, one after the other to the tasks.
    /// </summary>
    /// <param name="files">The files in order, with their rows where these are known.</param>
    /// <param name="batchRows">Rows of a batch.</param>
    /// <param name="task">Number of the task, from 0.</param>
    /// <param name="taskCount">How many tasks there are.</param>
    public static ImmutableArray<FileRange> Plan(IReadOnlyList<(string Path, long? Rows)> files, int batchRows, int task, int taskCount)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(task);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(task, taskCount);
        var batches = files.Sum(file => BatchesOf(file.Rows, batchRows));
        var (begin, end) = ((long)((Int128)batches * task / taskCount), (long)((Int128)batches * (task + 1) / taskCount));
        var ranges = ImmutableArray.CreateBuilder<FileRange>();
        var (batch, whole) = (0L, 0);
        foreach (var (path, rows) in files)
        {
            if (rows is not { } known)
            {
                if (whole++ % taskCount == task)
                {
                    ranges.Add(new FileRange(path, 0, null));
                }

                continue;
            }

            var next = batch + BatchesOf(rows, batchRows);
            var (first, last) = (Math.Max(batch, begin), Math.Min(next, end));
            if (first < last)
            {
                var firstRow = (first - batch) * batchRows;
                ranges.Add(new FileRange(path, firstRow, Math.Min((last - batch) * batchRows, known) - firstRow));
            }

            batch = next;
        }

        return ranges.ToImmutable();
    }

    /// <summary>What is left of some ranges after a row of one of their files; all of them when no range has it.</summary>
    public static ImmutableArray<FileRange> After(ImmutableArray<FileRange> ranges, string path, long nextRow)
    {
        for (var i = 0; i < ranges.Length; i++)
        {
            var range = ranges[i];
            if (range.Path != path || nextRow < range.FirstRow || nextRow > range.FirstRow + (range.RowCount ?? long.MaxValue - range.FirstRow))
            {
                continue;
            }

            var rest = range with { FirstRow = nextRow, RowCount = range.RowCount - (nextRow - range.FirstRow) };
            return rest.RowCount == 0 ? ranges[(i + 1)..] : [rest, .. ranges[(i + 1)..]];
        }

        return ranges;
    }

    private static long BatchesOf(long? rows, int batchRows) => rows is { } known ? (known + batchRows - 1) / batchRows : 0;
}
