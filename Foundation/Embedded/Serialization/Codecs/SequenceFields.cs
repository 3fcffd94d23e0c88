namespace Orleans.Embedded.Serialization;

/// <summary>The ids of fields of collections. They are for ever.</summary>
internal static class SequenceFields
{
    public const uint Count = 0;
    public const uint Element = 1;
    public const uint Value = 2;
    public const uint Comparer = 3;

    public static void WriteCount(this CodecWriter writer, int count) => writer.WriteField(Count, (uint)count);
}
