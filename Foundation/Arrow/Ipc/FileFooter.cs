using System.Buffers.Binary;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>The directory at the end of a file.</summary>
internal sealed record FileFooter(IpcBlock[] Dictionaries, IpcBlock[] Batches)
{
    private const int TailBytes = 10;
    private const int HeadBytes = 8;

    public static FileFooter Read(FileBlockSource source, IpcDecoder decoder, IpcReadOptions options)
    {
        if (source.Length < HeadBytes + TailBytes)
        {
            throw new ArrowFormatException($"{source.Length} bytes are too few for an Arrow file.");
        }

        CheckMagic(source, 0, "start");
        CheckMagic(source, source.Length - 6, "end");
        var tail = source.ReadBytes(source.Length - TailBytes, 4);
        var length = BinaryPrimitives.ReadInt32LittleEndian(tail.Span);
        tail.Release();
        var end = source.Length - TailBytes;
        if (length <= 0 || length > end - HeadBytes || length > options.MaxMetadataBytes)
        {
            throw new ArrowFormatException($"The file claims a footer of {length} bytes; the file has {source.Length} bytes, the limit is {options.MaxMetadataBytes}.");
        }

        var bytes = source.ReadBytes(end - length, length);
        try
        {
            return Parse(bytes.Span, end - length, decoder, options);
        }
        finally
        {
            bytes.Release();
        }
    }

    private static void CheckMagic(FileBlockSource source, long position, string where)
    {
        var bytes = source.ReadBytes(position, 6);
        var same = bytes.Span.SequenceEqual(IpcFormat.Magic);
        bytes.Release();
        if (!same)
        {
            throw new ArrowFormatException($"The {where} of the file is not ARROW1; it is not an Arrow file or it is not complete.");
        }
    }

    private static FileFooter Parse(ReadOnlySpan<byte> bytes, long end, IpcDecoder decoder, IpcReadOptions options)
    {
        var footer = FlatTable.Root(bytes);
        var version = footer.Short(0);
        if (version is not (IpcFormat.VersionV4 or IpcFormat.VersionV5))
        {
            throw new ArrowFormatException($"The file has metadata version V{version + 1}; V4 and V5 can be read.");
        }

        if (!footer.TryTable(1, out var schema))
        {
            throw new ArrowFormatException("The footer has no schema.");
        }

        decoder.ReadSchema(schema);
        return new FileFooter(ReadBlocks(footer, 2, end, options), ReadBlocks(footer, 3, end, options));
    }

    private static IpcBlock[] ReadBlocks(FlatTable footer, int field, long end, IpcReadOptions options)
    {
        var bytes = footer.Vector(field, 24, out var count);
        var blocks = new IpcBlock[count];
        for (var i = 0; i < count; i++)
        {
            var entry = bytes.Slice(i * 24, 24);
            var block = new IpcBlock(
                BinaryPrimitives.ReadInt64LittleEndian(entry),
                BinaryPrimitives.ReadInt32LittleEndian(entry[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(entry[16..]));
            if (block.Offset < HeadBytes || block.MetadataLength < 8 || block.BodyLength < 0 || block.BodyLength > end
                || block.MetadataLength > options.MaxMetadataBytes || block.BodyLength > options.MaxBodyBytes
                || block.Offset > end - block.MetadataLength - block.BodyLength || (block.Offset & 7) != 0)
            {
                throw new ArrowFormatException(
                    $"Footer entry {i} names {block.MetadataLength} + {block.BodyLength} bytes at {block.Offset}, outside the {end} bytes of messages or above a limit.");
            }

            blocks[i] = block;
        }

        return blocks;
    }
}
