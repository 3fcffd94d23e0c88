namespace OrleansFlow.Sql.Tables;

/// <summary>Walks over all bytes of a text file, from the first to the last one, and notes where records surely begin.</summary>
internal interface ITextRecords
{
    /// <summary>Where ranges begin, ascending; the first one at the first record, the others at least the bytes of a range behind the one before.</summary>
    IReadOnlyList<long> Starts { get; }

    /// <summary>Why the file is not divided; null as long as nothing speaks against it.</summary>
    string? Why { get; }

    /// <summary>Takes the next bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="position">Where they stand in the file.</param>
    void Take(ReadOnlySpan<byte> bytes, long position);

    /// <summary>Says that there are no more bytes.</summary>
    /// <param name="length">How many there were.</param>
    void End(long length);
}
