using System.Runtime.InteropServices;

namespace Nearfar.Training;

/// <summary>The average of an encoder's parameters over steps. Snapshots are spread out: a pass over all parameters costs as much as a step.</summary>
internal sealed class ParameterAverage
{
    private readonly AveragingOptions _options;
    private readonly long _first, _every;
    private readonly double _keep;
    private float[] _mean = [];
    private byte[] _now = [];
    private long _count;

    public ParameterAverage(AveragingOptions options, long steps)
    {
        _options = options;
        long span = options.Tail is { } share ? Math.Max(1, (long)(share * steps)) : steps;
        _every = Math.Max(1, span / (options.Tail is null ? 256 : 32));
        _first = steps - span + 1;
        _keep = Power(options.Decay ?? 0, _every);
    }

    /// <summary>Whether there is something to score.</summary>
    public bool HasValue => _count > 0;

    /// <summary>Called after every update.</summary>
    public void Observe<TEncoder>(long step, TEncoder encoder) where TEncoder : ITrainableEncoder<int>
    {
        if (step < _first || (step - _first) % _every != 0)
        {
            return;
        }

        var values = MemoryMarshal.Cast<byte, float>(Current(encoder));
        if (_count++ == 0)
        {
            _mean = values.ToArray();
            return;
        }

        // The moving average is an even mean until it has seen enough: it begins without a bias to the first snapshot.
        float share = (float)Math.Max(1.0 / _count, _options.Decay is null ? 0 : 1 - _keep);
        for (int i = 0; i < _mean.Length; i++)
        {
            _mean[i] += (values[i] - _mean[i]) * share;
        }
    }

    /// <summary>Runs work with the average in the encoder and puts the parameters back, bit for bit.</summary>
    public async ValueTask<T> WithAsync<TEncoder, T>(TEncoder encoder, Func<ValueTask<T>> work) where TEncoder : ITrainableEncoder<int>
    {
        Current(encoder);
        byte[] own = _now;
        encoder.LoadParameters(new MemoryStream(Bytes));
        try
        {
            return await work();
        }
        finally
        {
            encoder.LoadParameters(new MemoryStream(own));
        }
    }

    /// <summary>The average, as <see cref="ITrainableEncoder{TInput}.LoadParameters"/> reads it.</summary>
    public byte[] Bytes => MemoryMarshal.AsBytes(_mean.AsSpan()).ToArray();

    public void Save(BinaryWriter to)
    {
        to.Write(_count);
        to.Write(_mean.Length);
        to.Write(MemoryMarshal.AsBytes(_mean.AsSpan()));
    }

    public void Load(BinaryReader from)
    {
        _count = from.ReadInt64();
        _mean = new float[from.ReadInt32()];
        from.BaseStream.ReadExactly(MemoryMarshal.AsBytes(_mean.AsSpan()));
    }

    private byte[] Current<TEncoder>(TEncoder encoder) where TEncoder : ITrainableEncoder<int>
    {
        using var stream = _now.Length == 0 ? new MemoryStream() : new MemoryStream(_now);
        encoder.SaveParameters(stream);
        return _now = _now.Length == 0 ? stream.ToArray() : _now;       // the same length every time
    }

    // By squaring: the system's pow differs in its last bit from machine to machine.
    private static double Power(double x, long n)
    {
        double result = 1;
        for (; n > 0; n >>= 1, x *= x)
        {
            result *= (n & 1) == 1 ? x : 1;
        }

        return result;
    }
}
