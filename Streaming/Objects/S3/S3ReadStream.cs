using System.Globalization;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Objects.S3;

/// <summary>The body of an object. Where the connection is cut it asks for the rest, of the same object only.</summary>
internal sealed class S3ReadStream : Stream
{
    private readonly S3Client _client;
    private readonly S3Request _request;
    private readonly int _attemptsMax;
    private readonly string _entityTag;
    private S3Response _response;
    private Stream? _body;
    private long _position;

    public S3ReadStream(S3Client client, S3Request request, S3Response response, int attemptsMax)
    {
        _client = client;
        _request = request;
        _response = response;
        _attemptsMax = attemptsMax;
        _entityTag = response.Message.Headers.ETag?.ToString() ?? "";
        Length = response.Message.Content.Headers.ContentLength ?? throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store did not say how long '{request.Key}' is.");
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _position == Length)
        {
            return 0;
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                _body ??= await _response.Message.Content.ReadAsStreamAsync(cancellationToken);
                var read = await _client.BoundedAsync(token => _body.ReadAsync(buffer, token).AsTask(), cancellationToken);
                if (read > 0)
                {
                    _position += read;
                    return read;
                }

                throw new IOException($"the body ended at {_position} of {Length} bytes");
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException or TimeoutException)
            {
                if (attempt >= _attemptsMax)
                {
                    throw new FlowException(FlowErrorCode.StoreUnavailable, $"Reading '{_request.Key}' failed {attempt} times at byte {_position}: {exception.Message}", exception);
                }

                await ResumeAsync(cancellationToken);
            }
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Objects of a bucket are read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        if (_body is { } body)
        {
            await body.DisposeAsync();
        }

        _response.Dispose();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body?.Dispose();
            _response.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask ResumeAsync(CancellationToken cancellationToken)
    {
        _body = null;
        _response.Dispose();
        var headers = new List<KeyValuePair<string, string>> { new("range", string.Create(CultureInfo.InvariantCulture, $"bytes={_position}-")) };
        if (_entityTag.Length > 0)
        {
            headers.Add(new("if-match", _entityTag));
        }

        _response = await _client.SendAsync(new S3Request(HttpMethod.Get, _request.Key) { Headers = headers }, cancellationToken);
        if (_response.Status != 206 || _response.Message.Content.Headers.ContentLength != Length - _position)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, $"The store answered {_response.Status} for the rest of '{_request.Key}' from byte {_position}; it must know ranges.");
        }
    }
}
