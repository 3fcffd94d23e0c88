namespace Orleans.Embedded;

/// <summary>Requests in order of arrival, linked through themselves.</summary>
internal struct RequestList
{
    private GrainRequest? _last;

    public GrainRequest? First { get; private set; }

    public int Count { get; private set; }

    public void Add(GrainRequest request)
    {
        request._previous = _last;
        request._following = null;
        if (_last is null)
        {
            First = request;
        }
        else
        {
            _last._following = request;
        }

        _last = request;
        Count++;
    }

    public void Remove(GrainRequest request)
    {
        if (request._previous is { } previous)
        {
            previous._following = request._following;
        }
        else
        {
            First = request._following;
        }

        if (request._following is { } following)
        {
            following._previous = request._previous;
        }
        else
        {
            _last = request._previous;
        }

        request._previous = null;
        request._following = null;
        Count--;
    }
}
