using System.Buffers.Binary;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Bytes of streams and files for tests: made with options, read as a whole, changed in places.</summary>
internal static class IpcBytes
{
    public static byte[] WriteStream(ArrowSchema schema, IpcWriteOptions? options, params RecordBatch[] batches)
    {
        using var memory = new MemoryStream();
        using (var writer = new ArrowStreamWriter(memory, schema, options, leaveOpen: true))
        {
            foreach (var batch in batches)
            {
                writer.Write(batch);
            }

            writer.End();
        }

        return memory.ToArray();
    }

    public static byte[] WriteFile(ArrowSchema schema, params RecordBatch[] batches) => WriteFile(schema, options: null, batches);

    public static byte[] WriteFile(ArrowSchema schema, IpcWriteOptions? options, params RecordBatch[] batches)
    {
        using var memory = new MemoryStream();
        using (var writer = new ArrowFileWriter(memory, schema, options, leaveOpen: true))
        {
            foreach (var batch in batches)
            {
                writer.Write(batch);
            }

            writer.End();
        }

        return memory.ToArray();
    }

    public static RecordBatch[] ReadAll(byte[] bytes, bool asFile, IpcReadOptions? options = null)
    {
        var batches = new List<RecordBatch>();
        if (asFile)
        {
            using var file = ArrowFileReader.Open(new MemoryStream(bytes), options);
            for (var i = 0; i < file.BatchCount; i++)
            {
                batches.Add(file.ReadBatch(i));
            }
        }
        else
        {
            using var stream = new ArrowStreamReader(new MemoryStream(bytes), options);
            while (stream.ReadNext() is { } batch)
            {
                batches.Add(batch);
            }
        }

        return [.. batches];
    }

    /// <summary>Where a field of a FlatBuffers table lies; the root table when <paramref name="table"/> is 0.</summary>
    public static int FieldPosition(ReadOnlySpan<byte> metadata, int table, int field)
    {
        table = table == 0 ? BinaryPrimitives.ReadInt32LittleEndian(metadata) : table;
        var fields = table - BinaryPrimitives.ReadInt32LittleEndian(metadata[table..]);
        return table + BinaryPrimitives.ReadUInt16LittleEndian(metadata[(fields + 4 + field * 2)..]);
    }

    /// <summary>The table that a field refers to.</summary>
    public static int TableAt(ReadOnlySpan<byte> metadata, int table, int field)
    {
        var at = FieldPosition(metadata, table, field);
        return at + BinaryPrimitives.ReadInt32LittleEndian(metadata[at..]);
    }
}
