using System.Buffers;
using System.Globalization;
using System.Text;
using System.Xml.Linq;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Objects.S3;

/// <summary>An object in parts: a small one goes in one request when it is completed, a larger one part by part. One part is in memory.</summary>
internal sealed class S3Upload : ObjectUpload
{
    private const int PartsMax = 10_000;
    private const int NotFound = 404;

    private readonly S3Client _client;
    private readonly string _key;
    private readonly PartStream _content;
    private readonly List<string> _tags = [];
    private string? _uploadId;
    private bool _isCompleted;

    public S3Upload(S3Client client, string key, int partBytes)
    {
        _client = client;
        _key = key;
        _content = new PartStream(this, partBytes);
    }

    public override Stream Content => _content;

    public override async ValueTask<long> CompleteAsync(CancellationToken cancellationToken)
    {
        if (_uploadId is null)
        {
            using var response = await _client.SendAsync(new S3Request(HttpMethod.Put, _key) { Content = _content.Buffered }, cancellationToken);
        }
        else
        {
            await SendPartAsync(_content.Buffered, cancellationToken);
            await CompletePartsAsync(_uploadId, cancellationToken);
        }

        _isCompleted = true;
        return _content.Length;
    }

    public override async ValueTask DisposeAsync()
    {
        await _content.DisposeAsync();
        if (_isCompleted || _uploadId is not { } id)
        {
            return;
        }

        _uploadId = null;
        try
        {
            // Not the caller's token: parts of an aborted upload cost room until they are removed.
            using var response = await _client.SendAsync(new S3Request(HttpMethod.Delete, _key) { Query = [new("uploadId", id)], Expected = [NotFound] }, CancellationToken.None);
        }
        catch (FlowException)
        {
            // The failure that brought us here is the one to tell; the bucket's rule for incomplete uploads removes the parts.
        }
    }

    private async ValueTask SendPartAsync(ReadOnlyMemory<byte> part, CancellationToken cancellationToken)
    {
        if (part.IsEmpty)
        {
            return;
        }

        if (_tags.Count == PartsMax)
        {
            throw new FlowException(FlowErrorCode.LimitExceeded, $"Object '{_key}' has more than {PartsMax} parts; raise {nameof(S3ObjectStoreOptions.PartBytes)}.");
        }

        _uploadId ??= await BeginAsync(cancellationToken);
        var number = (_tags.Count + 1).ToString(CultureInfo.InvariantCulture);
        var request = new S3Request(HttpMethod.Put, _key) { Query = [new("partNumber", number), new("uploadId", _uploadId)], Content = part };
        using var response = await _client.SendAsync(request, cancellationToken);
        _tags.Add(response.Message.Headers.ETag?.ToString() ?? throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store gave no tag for part {number} of '{_key}'."));
    }

    private async ValueTask<string> BeginAsync(CancellationToken cancellationToken)
    {
        using var response = await _client.SendAsync(new S3Request(HttpMethod.Post, _key) { Query = [new("uploads", "")] }, cancellationToken);
        return S3Client.TextOf(await S3Client.ReadXmlAsync(response.Message, cancellationToken), "UploadId")
            ?? throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store gave no id for the upload of '{_key}'.");
    }

    private async ValueTask CompletePartsAsync(string uploadId, CancellationToken cancellationToken)
    {
        var parts = _tags.Select((tag, i) => new XElement("Part", new XElement("PartNumber", i + 1), new XElement("ETag", tag)));
        var body = Encoding.UTF8.GetBytes(new XElement("CompleteMultipartUpload", parts).ToString(SaveOptions.DisableFormatting));
        var request = new S3Request(HttpMethod.Post, _key) { Query = [new("uploadId", uploadId)], Content = body, Expected = [NotFound] };
        using var response = await _client.SendAsync(request, cancellationToken);
        if (response.Status == NotFound)
        {
            // The id is unknown once the upload is complete: an earlier try lost its answer.
            await CheckCompletedAsync(request, response.Attempts, cancellationToken);
            return;
        }

        // This call may begin its answer with 200 and fail only then.
        var answer = await S3Client.ReadXmlAsync(response.Message, cancellationToken);
        if (answer.Name.LocalName == "Error")
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store could not put '{_key}' together: {S3Client.TextOf(answer, "Code")}: {S3Client.TextOf(answer, "Message")}");
        }
    }

    private async ValueTask CheckCompletedAsync(S3Request request, int attempts, CancellationToken cancellationToken)
    {
        using var head = await _client.SendAsync(new S3Request(HttpMethod.Head, _key) { Expected = [NotFound] }, cancellationToken);
        if (attempts == 1 || head.Status == NotFound || head.Message.Content.Headers.ContentLength != _content.Length)
        {
            throw _client.Refused(request, NotFound, "the upload is not known any more");
        }
    }

    /// <summary>Collects a part at a time.</summary>
    private sealed class PartStream(S3Upload upload, int partBytes) : Stream
    {
        private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(Math.Min(partBytes, 64 * 1024));
        private int _count;
        private long _length;

        public ReadOnlyMemory<byte> Buffered => _buffer.AsMemory(0, _count);

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _length;

        public override long Position
        {
            get => _length;
            set => throw new NotSupportedException();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (!buffer.IsEmpty)
            {
                if (_count == partBytes)
                {
                    await upload.SendPartAsync(Buffered, cancellationToken);
                    _count = 0;
                }

                var take = Math.Min(buffer.Length, partBytes - _count);
                Reserve(_count + take);
                buffer.Span[..take].CopyTo(_buffer.AsSpan(_count));
                _count += take;
                _length += take;
                buffer = buffer[take..];
            }
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Objects of a bucket are written asynchronously.");

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (_buffer is { } buffer)
            {
                _buffer = null;
                ArrayPool<byte>.Shared.Return(buffer);
            }

            base.Dispose(disposing);
        }

        private void Reserve(int bytes)
        {
            if (bytes <= _buffer!.Length)
            {
                return;
            }

            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(partBytes, Math.Max(bytes, 2 * _buffer.Length)));
            Buffered.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }
}
