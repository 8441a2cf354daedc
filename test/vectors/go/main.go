// Prints wire vectors as JSON: values as go-state-types sees them beside the bytes that it makes of them.
// Regenerate: cd test/vectors/go && go run . > ../go-state-types.json
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand"
	"os"
	"slices"
	"strings"

	"github.com/filecoin-project/go-address"
	"github.com/filecoin-project/go-bitfield"
	commcid "github.com/filecoin-project/go-fil-commcid"
	"github.com/filecoin-project/go-state-types/abi"
	"github.com/filecoin-project/go-state-types/batch"
	"github.com/filecoin-project/go-state-types/big"
	"github.com/filecoin-project/go-state-types/builtin"
	init18 "github.com/filecoin-project/go-state-types/builtin/v18/init"
	"github.com/filecoin-project/go-state-types/builtin/v18/market"
	"github.com/filecoin-project/go-state-types/builtin/v18/miner"
	"github.com/filecoin-project/go-state-types/builtin/v18/power"
	"github.com/filecoin-project/go-state-types/builtin/v18/verifreg"
	"github.com/filecoin-project/go-state-types/crypto"
	"github.com/filecoin-project/go-state-types/exitcode"
	"github.com/filecoin-project/go-state-types/proof"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
	cbg "github.com/whyrusleeping/cbor-gen"
)

type object = map[string]any

// Vector is one value and its bytes. Leaves that JSON has no type for are tagged: $bigint, $bytes, $cid, $address.
type Vector struct {
	Type  string `json:"type"`
	Value any    `json:"value"`
	Hex   string `json:"hex"`
	Cid   string `json:"cid,omitempty"`
	// What encoding/json makes of the value once it went through CBOR (there nil and empty become one).
	JSON json.RawMessage `json:"json,omitempty"`
}

// A fixed seed: the same vectors on every run.
var random = rand.New(rand.NewSource(20))

func main() {
	var out []Vector
	for _, group := range [][]Vector{
		addresses(), bigints(), bitfields(), cids(), signatures(), preCommits(), proveCommits(), batchReturns(),
		proposals(), publishes(), publishReturns(), messages(), createMiners(), execs(), controlAddresses(), windowPosts(),
		declarations(), withdrawals(), extensions(), actors(), methods(),
	} {
		out = append(out, group...)
	}
	fmt.Println("[")
	for i, vector := range out {
		line, err := json.Marshal(vector)
		must(err)
		fmt.Print(string(line))
		if i < len(out)-1 {
			fmt.Print(",")
		}
		fmt.Println()
	}
	fmt.Println("]")
}

// ---- leaves

func bytesOf(b []byte) any          { return object{"$bytes": hex.EncodeToString(b)} }
func unsigned(n uint64) any         { return object{"$bigint": fmt.Sprint(n)} }
func signed(n int64) any            { return object{"$bigint": fmt.Sprint(n)} }
func amount(n big.Int) any          { return object{"$bigint": n.String()} }
func link(c cid.Cid) any            { return object{"$cid": c.String()} }
func account(a address.Address) any { return object{"$address": a.String()} }

func list[T any](values []T, view func(T) any) any {
	out := []any{}
	for _, value := range values {
		out = append(out, view(value))
	}
	return out
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, err := random.Read(b)
	must(err)
	return b
}

// Numbers of every CBOR width, up to 2^53-1.
func randomUint() uint64 { return random.Uint64() >> (11 + random.Intn(53)) }

func randomEpoch() abi.ChainEpoch {
	epoch := abi.ChainEpoch(random.Int63n(1 << uint(1+random.Intn(40))))
	if random.Intn(3) == 0 {
		return -epoch
	}
	return epoch
}

func randomAmount() big.Int {
	n := big.PositiveFromUnsignedBytes(randomBytes(random.Intn(20)))
	if random.Intn(8) == 0 {
		return n.Neg()
	}
	return n
}

func randomCommD() cid.Cid {
	c, err := commcid.DataCommitmentV1ToCID(randomBytes(32))
	must(err)
	return c
}

func randomCommR() cid.Cid {
	c, err := commcid.ReplicaCommitmentV1ToCID(randomBytes(32))
	must(err)
	return c
}

func randomAddress() address.Address {
	var a address.Address
	var err error
	switch random.Intn(5) {
	case 0:
		a, err = address.NewIDAddress(randomUint())
	case 1:
		a, err = address.NewSecp256k1Address(randomBytes(65))
	case 2:
		a, err = address.NewActorAddress(randomBytes(40))
	case 3:
		a, err = address.NewBLSAddress(randomBytes(48))
	default:
		a, err = address.NewDelegatedAddress(10, randomBytes(20))
	}
	must(err)
	return a
}

func randomSignature() crypto.Signature {
	switch random.Intn(3) {
	case 0:
		return crypto.Signature{Type: crypto.SigTypeSecp256k1, Data: randomBytes(65)}
	case 1:
		return crypto.Signature{Type: crypto.SigTypeBLS, Data: randomBytes(96)}
	default:
		return crypto.Signature{Type: crypto.SigTypeDelegated, Data: randomBytes(65)}
	}
}

func signatureView(s crypto.Signature) any {
	name, err := s.Type.Name()
	must(err)
	return object{"kind": name, "data": bytesOf(s.Data)}
}

// ---- groups

func addresses() []Vector {
	ids := []uint64{0, 1, 99, 127, 128, 1000, 16383, 16384, 1 << 32, 1<<53 - 1, math.MaxInt64}
	var all []address.Address
	for _, id := range ids {
		all = append(all, check(address.NewIDAddress(id)))
	}
	for i := 0; i < 3; i++ {
		all = append(all, check(address.NewSecp256k1Address(randomBytes(65))))
		all = append(all, check(address.NewActorAddress(randomBytes(12+i))))
		all = append(all, check(address.NewBLSAddress(randomBytes(48))))
		all = append(all, check(address.NewDelegatedAddress(10, randomBytes(20))))
	}
	for _, namespace := range []uint64{0, 32, math.MaxInt64} {
		for _, length := range []int{0, 1, 54} {
			all = append(all, check(address.NewDelegatedAddress(namespace, randomBytes(length))))
		}
	}
	var out []Vector
	for _, a := range all {
		out = append(out, Vector{Type: "AddBalance", Value: account(a), Hex: encoded(&a), JSON: shown(&a)})
	}
	return out
}

func bigints() []Vector {
	values := []big.Int{big.Zero(), big.NewInt(1), big.NewInt(-1), big.NewInt(127), big.NewInt(128), big.NewInt(255),
		big.NewInt(256), big.NewInt(-256), big.NewInt(math.MaxInt64), big.NewInt(math.MinInt64)}
	values = append(values, big.PositiveFromUnsignedBytes(bytes.Repeat([]byte{0xff}, 127)))
	for i := 0; i < 12; i++ {
		values = append(values, randomAmount())
	}
	var out []Vector
	for _, value := range values {
		out = append(out, Vector{Type: "BigInt", Value: amount(value), Hex: encoded(&value), JSON: shown(&value)})
	}
	return out
}

func bitfields() []Vector {
	sets := [][]uint64{{}, {0}, {1}, {0, 1}, {0, 2}, {2, 3}, {15}, {16}, {17}, {0, 1, 2, 3}, {1 << 40}, {1<<53 - 2}}
	for length := uint64(1); length < 40; length += 3 {
		sets = append(sets, span(0, length), span(length, 2*length), append(span(3, 3+length), span(90, 90+length)...))
	}
	sets = append(sets, span(0, 128), span(5, 1000))
	for i := 0; i < 20; i++ {
		set := []uint64{}
		for n := uint64(random.Intn(40)); len(set) < 30; n += 1 + uint64(random.Intn(1+random.Intn(40))) {
			set = append(set, n)
		}
		sets = append(sets, set)
	}
	var out []Vector
	for _, set := range sets {
		field := bitfield.NewFromSet(set)
		out = append(out, Vector{Type: "Bitfield", Value: runsOf(set), Hex: encoded(field), JSON: shown(&field)})
	}
	return out
}

func span(from, to uint64) []uint64 {
	var out []uint64
	for n := from; n < to; n++ {
		out = append(out, n)
	}
	return out
}

func runsOf(ascending []uint64) []object {
	out := []object{}
	for i := 0; i < len(ascending); {
		end := i + 1
		for end < len(ascending) && ascending[end] == ascending[end-1]+1 {
			end++
		}
		out = append(out, object{"start": ascending[i], "length": end - i})
		i = end
	}
	return out
}

func cids() []Vector {
	var out []Vector
	for i := 0; i < 4; i++ {
		commitment := randomBytes(32)
		commD := check(commcid.DataCommitmentV1ToCID(commitment))
		commR := check(commcid.ReplicaCommitmentV1ToCID(commitment))
		out = append(out, Vector{Type: "CommD", Value: bytesOf(commitment), Hex: encoded(cbg.CborCid(commD)), Cid: commD.String(), JSON: check(json.Marshal(commD))})
		out = append(out, Vector{Type: "CommR", Value: bytesOf(commitment), Hex: encoded(cbg.CborCid(commR)), Cid: commR.String(), JSON: check(json.Marshal(commR))})
	}
	return out
}

func signatures() []Vector {
	var out []Vector
	for i := 0; i < 5; i++ {
		s := randomSignature()
		out = append(out, Vector{Type: "Signature", Value: signatureView(s), Hex: encoded(&s), JSON: shown(&s)})
	}
	return out
}

func preCommits() []Vector {
	var out []Vector
	for _, count := range []int{0, 1, 1, 2, 5, 24} {
		var params miner.PreCommitSectorBatchParams2
		for i := 0; i < count; i++ {
			params.Sectors = append(params.Sectors, randomPreCommit())
		}
		value := object{"sectors": list(params.Sectors, preCommitView)}
		out = append(out, Vector{Type: "PreCommitSectorBatch2", Value: value, Hex: encoded(&params), JSON: shown(&params)})
	}
	return out
}

func randomPreCommit() miner.SectorPreCommitInfo {
	info := miner.SectorPreCommitInfo{
		SealProof:     abi.RegisteredSealProof(random.Intn(20)),
		SectorNumber:  abi.SectorNumber(randomUint()),
		SealedCID:     randomCommR(),
		SealRandEpoch: randomEpoch(),
		Expiration:    randomEpoch(),
	}
	if random.Intn(2) == 0 {
		commD := randomCommD()
		info.UnsealedCid = &commD
	}
	for i := random.Intn(4); i > 2; i-- {
		info.DealIDs = append(info.DealIDs, abi.DealID(random.Uint64()))
	}
	return info
}

func preCommitView(info miner.SectorPreCommitInfo) any {
	var commD any
	if info.UnsealedCid != nil {
		commD = link(*info.UnsealedCid)
	}
	return object{
		"sealProof": info.SealProof, "sectorNumber": info.SectorNumber, "sealedCid": link(info.SealedCID),
		"sealRandEpoch": info.SealRandEpoch, "expiration": info.Expiration, "unsealedCid": commD,
		"dealIds": list(info.DealIDs, func(id abi.DealID) any { return unsigned(uint64(id)) }),
	}
}

func proveCommits() []Vector {
	var out []Vector
	for i := 0; i < 8; i++ {
		params := randomProveCommit(i)
		var aggregateType any
		if params.AggregateProofType != nil {
			aggregateType = *params.AggregateProofType
		}
		value := object{
			"sectorActivations":          list(params.SectorActivations, activationView),
			"sectorProofs":               list(params.SectorProofs, func(b []byte) any { return bytesOf(b) }),
			"aggregateProof":             bytesOf(params.AggregateProof),
			"aggregateProofType":         aggregateType,
			"requireActivationSuccess":   params.RequireActivationSuccess,
			"requireNotificationSuccess": params.RequireNotificationSuccess,
		}
		out = append(out, Vector{Type: "ProveCommitSectors3", Value: value, Hex: encoded(&params), JSON: shown(&params)})
	}
	return out
}

func randomProveCommit(sectors int) miner.ProveCommitSectors3Params {
	var params miner.ProveCommitSectors3Params
	aggregated := random.Intn(3) == 0
	for i := 0; i < sectors; i++ {
		params.SectorActivations = append(params.SectorActivations, randomActivation())
		if !aggregated {
			params.SectorProofs = append(params.SectorProofs, randomBytes(192))
		}
	}
	if aggregated {
		aggregation := abi.RegisteredAggregationProof_SnarkPackV2
		params.AggregateProofType = &aggregation
		params.AggregateProof = randomBytes(1 + random.Intn(700))
	}
	params.RequireActivationSuccess = random.Intn(2) == 0
	params.RequireNotificationSuccess = random.Intn(2) == 0
	return params
}

func randomActivation() miner.SectorActivationManifest {
	manifest := miner.SectorActivationManifest{SectorNumber: abi.SectorNumber(randomUint())}
	for i := random.Intn(3); i > 0; i-- {
		piece := miner.PieceActivationManifest{CID: randomCommD(), Size: abi.PaddedPieceSize(128 << random.Intn(29))}
		if random.Intn(2) == 0 {
			piece.VerifiedAllocationKey = &miner.VerifiedAllocationKey{
				Client: abi.ActorID(random.Uint64()), ID: verifreg.AllocationId(random.Uint64()),
			}
		}
		for k := random.Intn(3); k > 0; k-- {
			piece.Notify = append(piece.Notify, miner.DataActivationNotification{
				Address: randomAddress(), Payload: randomBytes(random.Intn(10)),
			})
		}
		manifest.Pieces = append(manifest.Pieces, piece)
	}
	return manifest
}

func activationView(manifest miner.SectorActivationManifest) any {
	return object{"sectorNumber": manifest.SectorNumber, "pieces": list(manifest.Pieces, pieceView)}
}

func pieceView(piece miner.PieceActivationManifest) any {
	var allocation any
	if key := piece.VerifiedAllocationKey; key != nil {
		allocation = object{"client": unsigned(uint64(key.Client)), "id": unsigned(uint64(key.ID))}
	}
	return object{
		"cid": link(piece.CID), "size": piece.Size, "verifiedAllocationKey": allocation,
		"notify": list(piece.Notify, func(n miner.DataActivationNotification) any {
			return object{"address": account(n.Address), "payload": bytesOf(n.Payload)}
		}),
	}
}

func batchReturns() []Vector {
	var out []Vector
	for i := 0; i < 5; i++ {
		result := batch.BatchReturn{SuccessCount: randomUint()}
		for k := 0; k < i; k++ {
			result.FailCodes = append(result.FailCodes, batch.FailCode{
				Idx: uint64(3*k + random.Intn(3)), Code: exitcode.ExitCode(random.Intn(40)),
			})
		}
		value := object{
			"successCount": result.SuccessCount,
			"failCodes": list(result.FailCodes, func(fail batch.FailCode) any {
				return object{"index": fail.Idx, "code": fail.Code}
			}),
		}
		out = append(out, Vector{Type: "BatchReturn", Value: value, Hex: encoded(&result), JSON: shown(&result)})
	}
	return out
}

func randomProposal(label market.DealLabel) market.DealProposal {
	return market.DealProposal{
		PieceCID: randomCommD(), PieceSize: abi.PaddedPieceSize(128 << random.Intn(29)), VerifiedDeal: random.Intn(2) == 0,
		Client: randomAddress(), Provider: randomAddress(), Label: label, StartEpoch: randomEpoch(), EndEpoch: randomEpoch(),
		StoragePricePerEpoch: randomAmount(), ProviderCollateral: randomAmount(), ClientCollateral: randomAmount(),
	}
}

func proposalView(p market.DealProposal) any {
	var label any
	if p.Label.IsString() {
		label = check(p.Label.ToString())
	} else {
		label = bytesOf(check(p.Label.ToBytes()))
	}
	return object{
		"pieceCid": link(p.PieceCID), "pieceSize": p.PieceSize, "verifiedDeal": p.VerifiedDeal,
		"client": account(p.Client), "provider": account(p.Provider), "label": label,
		"startEpoch": p.StartEpoch, "endEpoch": p.EndEpoch, "storagePricePerEpoch": amount(p.StoragePricePerEpoch),
		"providerCollateral": amount(p.ProviderCollateral), "clientCollateral": amount(p.ClientCollateral),
	}
}

func labels() []market.DealLabel {
	var out []market.DealLabel
	for _, text := range []string{"", "padma", "पद्म 🪷", string(bytes.Repeat([]byte("x"), 256))} {
		out = append(out, check(market.NewLabelFromString(text)))
	}
	for _, length := range []int{0, 5, 23, 24, 256} {
		out = append(out, check(market.NewLabelFromBytes(randomBytes(length))))
	}
	return out
}

func proposals() []Vector {
	var out []Vector
	for _, label := range labels() {
		p := randomProposal(label)
		c := check(p.Cid())
		vector := Vector{Type: "DealProposal", Value: proposalView(p), Hex: encoded(&p), Cid: c.String()}
		if label.IsString() {
			vector.JSON = shown(&p) // a label of bytes is "" in Go's JSON
		}
		out = append(out, vector)
	}
	return out
}

func publishes() []Vector {
	var out []Vector
	for count := 0; count < 4; count++ {
		var params market.PublishStorageDealsParams
		for i := 0; i < count; i++ {
			params.Deals = append(params.Deals, market.ClientDealProposal{
				Proposal: randomProposal(labels()[(3*i+count)%9]), ClientSignature: randomSignature(),
			})
		}
		value := object{"deals": list(params.Deals, func(deal market.ClientDealProposal) any {
			return object{"proposal": proposalView(deal.Proposal), "clientSignature": signatureView(deal.ClientSignature)}
		})}
		vector := Vector{Type: "PublishStorageDeals", Value: value, Hex: encoded(&params)}
		if !slices.ContainsFunc(params.Deals, func(d market.ClientDealProposal) bool { return d.Proposal.Label.IsBytes() }) {
			vector.JSON = shown(&params)
		}
		out = append(out, vector)
	}
	return out
}

func publishReturns() []Vector {
	var out []Vector
	for _, valid := range [][]uint64{{}, {0}, {0, 1, 2}, {1, 3, 4, 30}} {
		result := market.PublishStorageDealsReturn{ValidDeals: bitfield.NewFromSet(valid)}
		for range valid {
			result.IDs = append(result.IDs, abi.DealID(random.Uint64()>>random.Intn(64)))
		}
		value := object{
			"ids":        list(result.IDs, func(id abi.DealID) any { return unsigned(uint64(id)) }),
			"validDeals": runsOf(valid),
		}
		out = append(out, Vector{Type: "PublishStorageDealsReturn", Value: value, Hex: encoded(&result), JSON: shown(&result)})
	}
	return out
}

// ---- messages: go-state-types has none, so the tuple is written here with cbor-gen and its types

type message struct {
	to, from                     address.Address
	nonce                        uint64
	value, gasFeeCap, gasPremium big.Int
	gasLimit                     int64
	method                       abi.MethodNum
	params                       []byte
}

func (m *message) MarshalCBOR(w io.Writer) error {
	must(cbg.CborWriteHeader(w, cbg.MajArray, 10))
	must(cbg.CborWriteHeader(w, cbg.MajUnsignedInt, 0))
	must(m.to.MarshalCBOR(w))
	must(m.from.MarshalCBOR(w))
	must(cbg.CborWriteHeader(w, cbg.MajUnsignedInt, m.nonce))
	must(m.value.MarshalCBOR(w))
	must(cbg.CborInt(m.gasLimit).MarshalCBOR(w))
	must(m.gasFeeCap.MarshalCBOR(w))
	must(m.gasPremium.MarshalCBOR(w))
	must(cbg.CborWriteHeader(w, cbg.MajUnsignedInt, uint64(m.method)))
	must(cbg.CborWriteHeader(w, cbg.MajByteString, uint64(len(m.params))))
	_, err := w.Write(m.params)
	return err
}

func (m *message) view() object {
	return object{
		"version": 0, "to": account(m.to), "from": account(m.from), "nonce": unsigned(m.nonce), "value": amount(m.value),
		"gasLimit": signed(m.gasLimit), "gasFeeCap": amount(m.gasFeeCap), "gasPremium": amount(m.gasPremium),
		"method": m.method, "params": bytesOf(m.params),
	}
}

func messages() []Vector {
	var out []Vector
	for i := 0; i < 10; i++ {
		m := message{
			to: randomAddress(), from: randomAddress(), nonce: random.Uint64() >> random.Intn(64), value: randomAmount(),
			gasLimit: random.Int63() >> random.Intn(63), gasFeeCap: randomAmount(), gasPremium: randomAmount(),
			method: abi.MethodNum(random.Intn(1 << uint(1+random.Intn(31)))), params: randomBytes(random.Intn(60)),
		}
		raw := check(hex.DecodeString(encoded(&m)))
		out = append(out, Vector{Type: "Message", Value: m.view(), Hex: hex.EncodeToString(raw), Cid: chainCid(raw)})
		out = append(out, signedVector(&m, raw))
	}
	return out
}

func signedVector(m *message, raw []byte) Vector {
	s := randomSignature()
	var buffer bytes.Buffer
	must(cbg.CborWriteHeader(&buffer, cbg.MajArray, 2))
	buffer.Write(raw)
	must(s.MarshalCBOR(&buffer))
	id := chainCid(buffer.Bytes())
	if s.Type == crypto.SigTypeBLS {
		id = chainCid(raw)
	}
	value := object{"message": m.view(), "signature": signatureView(s)}
	return Vector{Type: "SignedMessage", Value: value, Hex: hex.EncodeToString(buffer.Bytes()), Cid: id}
}

func chainCid(raw []byte) string {
	prefix := cid.Prefix{Version: 1, Codec: cid.DagCBOR, MhType: multihash.BLAKE2B_MIN + 31, MhLength: 32}
	return check(prefix.Sum(raw)).String()
}

// ---- what a miner sends beside sealing

func createMiners() []Vector {
	var out []Vector
	for i := 0; i < 4; i++ {
		params := power.CreateMinerParams{
			Owner: randomAddress(), Worker: randomAddress(), WindowPoStProofType: abi.RegisteredPoStProof(random.Intn(15)),
			Peer: randomBytes(38 * (i % 2)),
		}
		for k := 0; k < i; k++ {
			params.Multiaddrs = append(params.Multiaddrs, randomBytes(random.Intn(20)))
		}
		value := object{
			"owner": account(params.Owner), "worker": account(params.Worker),
			"windowPoStProofType": params.WindowPoStProofType, "peer": bytesOf(params.Peer),
			"multiaddrs": list(params.Multiaddrs, func(m abi.Multiaddrs) any { return bytesOf(m) }),
		}
		out = append(out, Vector{Type: "CreateMiner", Value: value, Hex: encoded(&params), JSON: shown(&params)})
		made := power.CreateMinerReturn{IDAddress: randomAddress(), RobustAddress: randomAddress()}
		value = object{"idAddress": account(made.IDAddress), "robustAddress": account(made.RobustAddress)}
		out = append(out, Vector{Type: "CreateMinerReturn", Value: value, Hex: encoded(&made), JSON: shown(&made)})
		other := init18.ExecReturn(made)
		out = append(out, Vector{Type: "ExecReturn", Value: value, Hex: encoded(&other), JSON: shown(&other)})
	}
	return out
}

func execs() []Vector {
	var out []Vector
	for i := 0; i < 3; i++ {
		exec := init18.ExecParams{CodeCID: randomCommD(), ConstructorParams: randomBytes(10 * i)}
		value := object{"codeCid": link(exec.CodeCID), "constructorParams": bytesOf(exec.ConstructorParams)}
		out = append(out, Vector{Type: "Exec", Value: value, Hex: encoded(&exec), JSON: shown(&exec)})
		exec4 := init18.Exec4Params{
			CodeCID: exec.CodeCID, ConstructorParams: exec.ConstructorParams, SubAddress: randomBytes(20 * i),
		}
		value = object{
			"codeCid": link(exec4.CodeCID), "constructorParams": bytesOf(exec4.ConstructorParams),
			"subAddress": bytesOf(exec4.SubAddress),
		}
		out = append(out, Vector{Type: "Exec4", Value: value, Hex: encoded(&exec4), JSON: shown(&exec4)})
	}
	return out
}

func controlAddresses() []Vector {
	var out []Vector
	for i := 0; i < 3; i++ {
		result := miner.GetControlAddressesReturn{Owner: randomAddress(), Worker: randomAddress()}
		for k := 0; k < i; k++ {
			result.ControlAddrs = append(result.ControlAddrs, randomAddress())
		}
		value := object{
			"owner": account(result.Owner), "worker": account(result.Worker), "controlAddrs": list(result.ControlAddrs, account),
		}
		out = append(out, Vector{Type: "ControlAddressesReturn", Value: value, Hex: encoded(&result), JSON: shown(&result)})
	}
	return out
}

func randomSet() []uint64 {
	set := []uint64{}
	for n := uint64(random.Intn(9)); random.Intn(9) > 0; n += 1 + uint64(random.Intn(1+random.Intn(50))) {
		set = append(set, n)
	}
	return set
}

func windowPosts() []Vector {
	var out []Vector
	for i := 0; i < 5; i++ {
		params := miner.SubmitWindowedPoStParams{
			Deadline: uint64(random.Intn(48)), ChainCommitEpoch: randomEpoch(), ChainCommitRand: randomBytes(32 * min(i, 1)),
		}
		partitions, proofs := []any{}, []any{}
		for k := 0; k < i; k++ {
			set := randomSet()
			params.Partitions = append(params.Partitions, miner.PoStPartition{Index: uint64(k), Skipped: bitfield.NewFromSet(set)})
			partitions = append(partitions, object{"index": k, "skipped": runsOf(set)})
			made := proof.PoStProof{PoStProof: abi.RegisteredPoStProof(random.Intn(15)), ProofBytes: randomBytes(192 * random.Intn(2))}
			params.Proofs = append(params.Proofs, made)
			proofs = append(proofs, object{"poStProof": made.PoStProof, "proofBytes": bytesOf(made.ProofBytes)})
		}
		value := object{
			"deadline": params.Deadline, "partitions": partitions, "proofs": proofs,
			"chainCommitEpoch": params.ChainCommitEpoch, "chainCommitRand": bytesOf(params.ChainCommitRand),
		}
		out = append(out, Vector{Type: "SubmitWindowedPoSt", Value: value, Hex: encoded(&params), JSON: shown(&params)})
	}
	return out
}

// Three methods take the same list under another name.
func declarations() []Vector {
	var out []Vector
	for i := 0; i < 4; i++ {
		var terminate miner.TerminateSectorsParams
		var faults miner.DeclareFaultsParams
		var recovered miner.DeclareFaultsRecoveredParams
		views := []any{}
		for k := 0; k < i; k++ {
			set := randomSet()
			one := miner.TerminationDeclaration{
				Deadline: uint64(random.Intn(48)), Partition: randomUint(), Sectors: bitfield.NewFromSet(set),
			}
			terminate.Terminations = append(terminate.Terminations, one)
			faults.Faults = append(faults.Faults, miner.FaultDeclaration(one))
			recovered.Recoveries = append(recovered.Recoveries, miner.RecoveryDeclaration(one))
			views = append(views, object{"deadline": one.Deadline, "partition": one.Partition, "sectors": runsOf(set)})
		}
		result := miner.TerminateSectorsReturn{Done: i%2 == 0}
		out = append(out,
			Vector{Type: "TerminateSectors", Value: object{"terminations": views}, Hex: encoded(&terminate), JSON: shown(&terminate)},
			Vector{Type: "DeclareFaults", Value: object{"faults": views}, Hex: encoded(&faults), JSON: shown(&faults)},
			Vector{
				Type: "DeclareFaultsRecovered", Value: object{"recoveries": views}, Hex: encoded(&recovered), JSON: shown(&recovered),
			},
			Vector{Type: "TerminateSectorsReturn", Value: object{"done": result.Done}, Hex: encoded(&result), JSON: shown(&result)},
		)
	}
	return out
}

func withdrawals() []Vector {
	var out []Vector
	for i := 0; i < 4; i++ {
		fromMiner := miner.WithdrawBalanceParams{AmountRequested: randomAmount()}
		value := object{"amountRequested": amount(fromMiner.AmountRequested)}
		out = append(out, Vector{Type: "WithdrawBalance", Value: value, Hex: encoded(&fromMiner), JSON: shown(&fromMiner)})
		fromMarket := market.WithdrawBalanceParams{ProviderOrClientAddress: randomAddress(), Amount: randomAmount()}
		value = object{
			"providerOrClientAddress": account(fromMarket.ProviderOrClientAddress), "amount": amount(fromMarket.Amount),
		}
		out = append(out, Vector{Type: "WithdrawEscrow", Value: value, Hex: encoded(&fromMarket), JSON: shown(&fromMarket)})
	}
	return out
}

func extensions() []Vector {
	var out []Vector
	for i := 0; i < 4; i++ {
		var params miner.ExtendSectorExpiration2Params
		views := []any{}
		for k := 0; k < i; k++ {
			set := randomSet()
			one := miner.ExpirationExtension2{
				Deadline: uint64(random.Intn(48)), Partition: uint64(random.Intn(30)), Sectors: bitfield.NewFromSet(set),
				NewExpiration: randomEpoch(),
			}
			for c := random.Intn(3); c > 0; c-- {
				one.SectorsWithClaims = append(one.SectorsWithClaims, miner.SectorClaim{
					SectorNumber: abi.SectorNumber(randomUint()), MaintainClaims: randomClaims(), DropClaims: randomClaims(),
				})
			}
			params.Extensions = append(params.Extensions, one)
			views = append(views, object{
				"deadline": one.Deadline, "partition": one.Partition, "sectors": runsOf(set),
				"sectorsWithClaims": list(one.SectorsWithClaims, claimView), "newExpiration": one.NewExpiration,
			})
		}
		value := object{"extensions": views}
		out = append(out, Vector{Type: "ExtendSectorExpiration2", Value: value, Hex: encoded(&params), JSON: shown(&params)})
	}
	return out
}

func randomClaims() []verifreg.ClaimId {
	var out []verifreg.ClaimId
	for i := random.Intn(3); i > 0; i-- {
		out = append(out, verifreg.ClaimId(random.Uint64()>>random.Intn(64)))
	}
	return out
}

func claimView(claim miner.SectorClaim) any {
	id := func(c verifreg.ClaimId) any { return unsigned(uint64(c)) }
	return object{
		"sectorNumber": claim.SectorNumber, "maintainClaims": list(claim.MaintainClaims, id), "dropClaims": list(claim.DropClaims, id),
	}
}

// ---- tables: the hex is the CBOR of the address, or of the method's number

func actors() []Vector {
	vector := func(name string, a address.Address) Vector {
		return Vector{Type: "Actor", Value: name, Hex: encoded(&a)}
	}
	return []Vector{
		vector("system", builtin.SystemActorAddr), vector("init", builtin.InitActorAddr),
		vector("reward", builtin.RewardActorAddr), vector("cron", builtin.CronActorAddr),
		vector("power", builtin.StoragePowerActorAddr), vector("market", builtin.StorageMarketActorAddr),
		vector("verifiedRegistry", builtin.VerifiedRegistryActorAddr), vector("datacap", builtin.DatacapActorAddr),
		vector("burntFunds", builtin.BurntFundsActorAddr),
	}
}

// Every method of four actors. SectorContentChanged is left out: no one sends it, a miner calls it.
func methods() []Vector {
	var out []Vector
	for _, actor := range []struct {
		name    string
		methods map[abi.MethodNum]builtin.MethodMeta
	}{{"init", init18.Methods}, {"power", power.Methods}, {"market", market.Methods}, {"miner", miner.Methods}} {
		for _, number := range slices.Sorted(maps.Keys(actor.methods)) {
			name := actor.methods[number].Name
			if name == "SectorContentChanged" {
				continue
			}
			out = append(out, Vector{Type: "Method", Value: actor.name + "." + name, Hex: encoded(cbg.CborInt(number))})
		}
	}
	return out
}

// ---- helpers

// shown is the JSON of what a reader of the value's CBOR has.
func shown[T any, P interface {
	*T
	cbg.CBORMarshaler
	cbg.CBORUnmarshaler
}](value P) json.RawMessage {
	var read T
	must(P(&read).UnmarshalCBOR(hex.NewDecoder(strings.NewReader(encoded(value)))))
	return check(json.Marshal(P(&read)))
}

func encoded(value cbg.CBORMarshaler) string {
	var buffer bytes.Buffer
	must(value.MarshalCBOR(&buffer))
	return hex.EncodeToString(buffer.Bytes())
}

func check[T any](value T, err error) T {
	must(err)
	return value
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
