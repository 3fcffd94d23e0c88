namespace OrleansFlow.Arrow.Ipc;

/// <summary>What a message holds; the numbers are those of the format.</summary>
public enum IpcMessageKind
{
    /// <summary>The schema. Comes once and first.</summary>
    Schema = 1,

    /// <summary>Values of a dictionary, which replace or extend those known before.</summary>
    DictionaryBatch = 2,

    /// <summary>Rows.</summary>
    RecordBatch = 3,
}
