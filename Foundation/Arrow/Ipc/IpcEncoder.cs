using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>
/// Turns batches of one schema into messages without copying their buffers. It remembers which dictionaries were sent. Not
/// thread-safe; one encoder a stream.
/// </summary>
public sealed class IpcEncoder : IDisposable
{
    private readonly FlatBuilder _builder = new();
    private readonly BodyBuilder _body;
    private readonly List<ArrowArray?> _sentDictionaries = [];
    private readonly bool _replacesDictionaries;

    /// <summary>Creates an encoder.</summary>
    /// <param name="schema">The schema of every batch.</param>
    /// <param name="options">How to write; null for the defaults.</param>
    public IpcEncoder(ArrowSchema schema, IpcWriteOptions? options = null)
        : this(schema, options, true)
    {
    }

    internal IpcEncoder(ArrowSchema schema, IpcWriteOptions? options, bool replacesDictionaries)
    {
        ArgumentNullException.ThrowIfNull(schema);
        Schema = schema;
        _body = new BodyBuilder(options ?? new IpcWriteOptions());
        _replacesDictionaries = replacesDictionaries;
    }

    /// <summary>The schema of every batch.</summary>
    public ArrowSchema Schema { get; }

    /// <summary>The schema message, which comes first.</summary>
    /// <exception cref="ArgumentException">The schema holds a type that has no place in the format.</exception>
    public IpcMessage EncodeSchema() =>
        new(IpcMessageKind.Schema, new SchemaEncoder(_builder).EncodeMessage(Schema), [], 0, [], null, null);

    /// <summary>
    /// The messages of a batch: dictionaries that the other side does not have yet, then the rows. Each holds a reference to its
    /// memory until it is disposed; the caller keeps its own reference to the batch.
    /// </summary>
    /// <exception cref="ArgumentException">The columns are not those of the schema.</exception>
    public IReadOnlyList<IpcMessage> Encode(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        CheckSchema(batch);
        var messages = new List<IpcMessage>(1);
        try
        {
            var slot = 0;
            foreach (var column in batch.Columns)
            {
                EncodeDictionaries(column, ref slot, messages);
            }

            messages.Add(EncodeRows(batch));
            return messages;
        }
        catch
        {
            foreach (var message in messages)
            {
                message.Dispose();
            }

            throw;
        }
    }

    /// <summary>Lets go of the dictionaries that were sent.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No finalizer: see ArrowMemoryOwner.")]
    public void Dispose()
    {
        foreach (var dictionary in _sentDictionaries)
        {
            dictionary?.Dispose();
        }

        _sentDictionaries.Clear();
    }

    private void CheckSchema(RecordBatch batch)
    {
        if (ReferenceEquals(batch.Schema, Schema))
        {
            return;
        }

        var same = batch.ColumnCount == Schema.Fields.Count;
        for (var i = 0; same && i < batch.ColumnCount; i++)
        {
            same = batch.Schema.Fields[i].Name == Schema.Fields[i].Name && batch.Schema.Fields[i].Type.Equals(Schema.Fields[i].Type);
        }

        if (!same)
        {
            throw new ArgumentException($"The batch has the columns ({batch.Schema}), the stream ({Schema}).", nameof(batch));
        }
    }

    /// <summary>Walks in the order in which <see cref="SchemaEncoder"/> numbers dictionaries; inner dictionaries are sent first.</summary>
    private void EncodeDictionaries(ArrowArray array, ref int slot, List<IpcMessage> messages)
    {
        if (array is not DictionaryArray encoded)
        {
            foreach (var child in array.Data.Children)
            {
                EncodeDictionaries(child, ref slot, messages);
            }

            return;
        }

        var own = slot++;
        var dictionary = encoded.Dictionary;
        foreach (var child in dictionary.Data.Children)
        {
            EncodeDictionaries(child, ref slot, messages);
        }

        while (_sentDictionaries.Count <= own)
        {
            _sentDictionaries.Add(null);
        }

        var sent = _sentDictionaries[own];
        if (ReferenceEquals(sent, dictionary))
        {
            return;
        }

        if (sent is null || _replacesDictionaries)
        {
            messages.Add(EncodeDictionary(own, dictionary, false));
        }
        else if (!SameStart(sent, dictionary))
        {
            throw new InvalidOperationException(
                $"Dictionary {own} ({array.Type.Name}) differs from that of an earlier batch and does not extend it; a file holds one for all batches. Decode the column or use one dictionary.");
        }
        else if (dictionary.Length <= sent.Length)
        {
            // Its values are all known already, at the same places.
            return;
        }
        else
        {
            using var added = dictionary.Slice(sent.Length, dictionary.Length - sent.Length);
            messages.Add(EncodeDictionary(own, added, true));
        }

        sent?.Dispose();
        _sentDictionaries[own] = dictionary.Retain();
    }

    /// <summary>Whether one of two dictionaries is the start of the other.</summary>
    private static bool SameStart(ArrowArray sent, ArrowArray dictionary)
    {
        var length = Math.Min(sent.Length, dictionary.Length);
        using var a = sent.Slice(0, length);
        using var b = dictionary.Slice(0, length);
        return RecordBatchComparer.Exact.FindDifference(a, b) is null;
    }

    private IpcMessage EncodeDictionary(long id, ArrowArray dictionary, bool isDelta)
    {
        StartBody();
        try
        {
            _body.Add(dictionary);
            _builder.Clear();
            var rows = BuildRecordBatch(dictionary.Length);
            _builder.StartTable(3);
            _builder.Long(0, id);
            _builder.Offset(1, rows);
            _builder.Bool(2, isDelta);
            var header = _builder.EndTable();
            return new IpcMessage(
                IpcMessageKind.DictionaryBatch, FinishMessage(header, IpcMessageKind.DictionaryBatch), _body.Body, _body.BodyLength, _body.TakeTemporary(), null, dictionary.Retain());
        }
        finally
        {
            EndBody();
        }
    }

    private IpcMessage EncodeRows(RecordBatch batch)
    {
        StartBody();
        try
        {
            foreach (var column in batch.Columns)
            {
                _body.Add(column);
            }

            _builder.Clear();
            var header = BuildRecordBatch(batch.RowCount);
            return new IpcMessage(
                IpcMessageKind.RecordBatch, FinishMessage(header, IpcMessageKind.RecordBatch), _body.Body, _body.BodyLength, _body.TakeTemporary(), batch.Retain(), null);
        }
        finally
        {
            EndBody();
        }
    }

    private void StartBody() => _body.Clear();

    private void EndBody()
    {
        // Left over only when encoding failed.
        foreach (var buffer in _body.TakeTemporary())
        {
            buffer.Release();
        }

        _body.Clear();
    }

    private int BuildRecordBatch(long rowCount)
    {
        var buffers = _builder.Structs(_body.Buffers, 2);
        var nodes = _builder.Structs(_body.Nodes, 2);
        var dataBuffers = _body.DataBufferCounts.Length == 0 ? 0 : _builder.Structs(_body.DataBufferCounts, 1);
        var compression = 0;
        if (_body.Compression != IpcCompression.None)
        {
            _builder.StartTable(2);
            _builder.Byte(0, (byte)(_body.Compression == IpcCompression.Zstd ? 1 : 0));
            _builder.Byte(1, 0);
            compression = _builder.EndTable();
        }

        _builder.StartTable(5);
        _builder.Long(0, rowCount);
        _builder.Offset(1, nodes);
        _builder.Offset(2, buffers);
        _builder.Offset(3, compression);
        _builder.Offset(4, dataBuffers);
        return _builder.EndTable();
    }

    private byte[] FinishMessage(int header, IpcMessageKind kind)
    {
        _builder.StartTable(5);
        _builder.Long(3, _body.BodyLength);
        _builder.Offset(2, header);
        _builder.Short(0, IpcFormat.VersionV5);
        _builder.Byte(1, (byte)kind);
        return _builder.Finish(_builder.EndTable());
    }
}
